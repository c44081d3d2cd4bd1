/** Reports the outcomes of calls, and adds their entries to the log. */
import type { JSONValue, Value } from 'convex/values'
import type { LogEntry } from '../log.ts'
import type { Call, Outcome } from './call.ts'
import type { ErrorDetail } from './failure.ts'
import type { FunctionKind } from './functions-catalog.ts'
import { jsonToConvex } from 'convex/values'
import { ConflictError } from '../engine/conflict-error.ts'
import { describeFailure } from './failure.ts'

/** The settings of a deployment that reports depend on. */
export interface ReportsHost {
  log: (entry: Omit<LogEntry, 'at'>) => void
  errors: ErrorDetail
}

/** The calls of a deployment. */
export class CallReports {
  readonly #host: ReportsHost
  #running = 0

  constructor(host: ReportsHost) {
    this.#host = host
  }

  /** Returns whether no call runs. */
  get isIdle(): boolean {
    return this.#running === 0
  }

  /**
   * Counts a call as running until `body` has ended. `body` receives the time of the start, from
   * `performance.now()`.
   */
  async count<Result>(body: (startedAt: number) => Promise<Result>): Promise<Result> {
    this.#running += 1
    try {
      return await body(performance.now())
    }
    finally {
      this.#running -= 1
    }
  }

  /** Runs a function that returns JSON. An error becomes an outcome, except for a conflict. */
  async settle(run: (logLines: string[]) => Promise<string>): Promise<Outcome> {
    const { errors } = this.#host
    const lines: string[] = []
    // Only clients of a development deployment receive the lines of the console.
    const logLines = errors === 'development' ? lines : []
    try {
      return { status: 'success', json: await run(lines), logLines }
    }
    catch (error) {
      if (error instanceof ConflictError)
        throw error
      return { ...describeFailure(error, errors), logLines }
    }
  }

  /** Adds a call that has ended to the log. `startedAt` is from `performance.now()`. */
  log(
    kind: FunctionKind,
    { name, args, identity, connection }: Pick<Call, 'name' | 'args' | 'identity' | 'connection'>,
    outcome: Outcome,
    startedAt: number,
  ): void {
    this.#host.log({
      kind,
      name,
      args: decodeForLog(args),
      subject: identity?.subject ?? null,
      connection,
      outcome: outcome.status,
      detail: outcome.status === 'error' ? outcome.message : null,
      durationMs: performance.now() - startedAt,
      logLines: outcome.logLines,
    })
  }
}

/** Decodes arguments for a log entry. Returns `null` if they are not valid. */
function decodeForLog(args: JSONValue): Value {
  const encoded = Array.isArray(args) ? args[0] : args
  try {
    return jsonToConvex(encoded ?? {})
  }
  catch {
    return null
  }
}
