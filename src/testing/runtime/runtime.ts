/** Runs the functions of a deployment for clients and tests, and starts its jobs. */
import type { JSONValue } from 'convex/values'
import type { ReportsHost } from './call-reports.ts'
import type { Answer, Call, MutationRequest, Outcome } from './call.ts'
import type { CronJob } from './crons.ts'
import type { Data, DataTransaction, Snapshot } from './data.ts'
import type { CatalogFunction, FunctionKind } from './functions-catalog.ts'
import type { HttpReply, HttpRequest } from './http-request.ts'
import type { Origin } from './invocation.ts'
import type { LoadedFunctions } from './loaded-functions.ts'
import type { QueryCall } from './shared-queries.ts'
import type { SigningKey } from './signing-key.ts'
import { ConflictError } from '../engine/conflict-error.ts'
import { CallReports } from './call-reports.ts'
import { CronRunner } from './crons.ts'
import { failedReply } from './failed-reply.ts'
import { Files } from './files.ts'
import { parseFunctionName } from './function-path.ts'
import { FunctionRunner } from './function-runner.ts'
import { decodeArgs } from './functions-catalog.ts'
import { Execution } from './invocation.ts'
import { JobRuns } from './job-runs.ts'
import { newOrigin } from './origin.ts'
import { QueryResult } from './query-result.ts'
import { Retention } from './retention.ts'
import { Scheduler } from './scheduler.ts'
import { SharedQueries } from './shared-queries.ts'

/** The parts of a deployment that the runtime needs. */
export interface RuntimeHost extends ReportsHost {
  data: Data
  urls: () => { url: string, siteUrl: string }
  signingKey: SigningKey
  /** Answers a query of Convex's command line, such as `_system/cli/tables`. */
  systemQuery: (call: QueryCall, transaction: DataTransaction) => JSONValue
}

/** The beginning of the names of queries that only Convex's own tools call. */
const SYSTEM_PREFIX = '_system/'

/** The crons of each component. */
export type ComponentCrons = Map<string, Record<string, CronJob>>

/** Runs the functions of one deployment. */
export class Runtime {
  readonly files: Files
  readonly #host: RuntimeHost
  readonly #runner: FunctionRunner
  readonly #reports: CallReports
  readonly #jobs: JobRuns
  readonly #queries: SharedQueries
  readonly #scheduler: Scheduler
  readonly #crons: CronRunner
  readonly #retention: Retention
  /** The mutations that run now, by session and request. */
  readonly #mutations = new Map<string, Promise<Answer>>()

  constructor(host: RuntimeHost, functions: LoadedFunctions) {
    const { data, urls, signingKey } = host
    this.#host = host
    this.#reports = new CallReports(host)
    this.files = new Files(data)
    this.#scheduler = new Scheduler({
      data,
      kindOf: path => this.#runner.catalog.lookup(path)?.kind ?? null,
      runMutation: (path, args, job, steps) => this.#jobs.runMutation(path, args, job, steps),
      runAction: (path, args, job) => this.#jobs.runAction(path, args, job),
    })
    const { files } = this
    this.#runner = new FunctionRunner({ data, files, scheduler: this.#scheduler, signingKey, urls }, functions)
    this.#jobs = new JobRuns(this.#runner, this.#reports)
    this.#queries = new SharedQueries((call, snapshot) => this.#executeQuery(call, snapshot))
    this.#crons = new CronRunner(data, (component, job) => this.#jobs.runCron(component, job))
    this.#retention = new Retention({ data, files: this.files, scheduler: this.#scheduler })
  }

  /** The timestamp of the last commit, in nanoseconds since 1970. It never decreases. */
  get timestamp(): bigint {
    return this.#host.data.timestamp
  }

  /** Returns whether no function runs or is due. */
  get isIdle(): boolean {
    return this.#reports.isIdle && this.#scheduler.isIdle && this.#crons.isIdle
  }

  /** Continues with the scheduled functions that the data contains, and starts the crons. */
  startJobs(components: string[], crons: ComponentCrons): void {
    this.files.removeOrphans()
    this.#retention.start()
    this.#scheduler.resume(components)
    this.#crons.deploy(crons)
  }

  /** Replaces the functions, and keeps the data. */
  replaceFunctions(functions: LoadedFunctions, crons: ComponentCrons): void {
    this.#runner.replaceFunctions(functions)
    this.#queries.clear(this.timestamp)
    this.#crons.deploy(crons)
  }

  /** Deletes all data. The crons begin as in a new deployment. */
  wipe(crons: ComponentCrons): void {
    this.#host.data.engine.wipe()
    this.#crons.deploy(crons)
  }

  stopJobs(): void {
    this.#scheduler.stop()
    this.#crons.stop()
    this.#retention.stop()
  }

  /**
   * Runs `body` with a snapshot of the newest data. If the indexes change meanwhile, `body` runs
   * again with another snapshot.
   */
  async atSnapshot<Result>(body: (snapshot: Snapshot) => Promise<Result>): Promise<Result> {
    for (;;) {
      const snapshot = this.#host.data.openSnapshot()
      try {
        return await body(snapshot)
      }
      catch (error) {
        if (!(error instanceof ConflictError))
          throw error
      }
      finally {
        snapshot.release()
      }
    }
  }

  /** Runs a query for an HTTP request or a test. */
  async query(call: Call): Promise<Outcome> {
    const query = { ...call, journal: null }
    const { outcome } = await this.atSnapshot(snapshot => this.readQuery(query, snapshot, () => call.connection))
    return outcome
  }

  /**
   * Reads the result of a query at a timestamp.
   *
   * @param call The query.
   * @param snapshot The timestamp.
   * @param connectionOf Returns the connection that receives the result, for the log: `null`
   * outside of sockets, and for a socket that has closed before the query has ended.
   */
  async readQuery(call: QueryCall, snapshot: Snapshot, connectionOf: () => number | null): Promise<QueryResult> {
    if (call.caller === 'trusted' && call.name.startsWith(SYSTEM_PREFIX))
      return await this.#readSystemQuery(call, snapshot)
    return await this.#reports.count(async (startedAt) => {
      const result = await this.#queries.read(call, snapshot)
      this.#reports.log('query', { ...call, connection: connectionOf() }, result.outcome, startedAt)
      return result
    })
  }

  /**
   * Runs a mutation. A client whose connection dropped before the answer sends its mutation again.
   * The mutation nevertheless runs only once. A mutation that has failed has changed nothing, so it
   * runs again.
   */
  async mutation(call: Call, request: MutationRequest | null = null): Promise<Answer> {
    if (!request)
      return await this.#runMutation(call, null)
    const key = `${request.sessionId}/${request.requestId}`
    const running = this.#mutations.get(key)
    if (running)
      return await running
    const known = this.#host.data.findAnswer(request)
    if (known)
      return this.#host.errors === 'development' ? known : { ...known, outcome: { ...known.outcome, logLines: [] } }
    const answer = this.#runMutation(call, request).finally(() => this.#mutations.delete(key))
    this.#mutations.set(key, answer)
    return await answer
  }

  async action(call: Call): Promise<Outcome> {
    return await this.#reports.count(async (startedAt) => {
      const outcome = await this.#reports.settle(async (logLines) => {
        const found = this.#find('action', call)
        const origin = newOrigin(call.identity, call)
        return await this.#runner.runAction(found, decodeArgs(call.name, call.args), origin, logLines)
      })
      this.#reports.log('action', call, outcome, startedAt)
      return outcome
    })
  }

  /** Answers a request with the matching route of `http.ts`. */
  async http(request: HttpRequest): Promise<HttpReply> {
    const { pathname } = new URL(request.url)
    const { identity, authenticationError } = request
    const origin: Origin = { ...newOrigin(identity, request), authenticationError }
    const logLines: string[] = []
    const fail = (error: unknown): HttpReply => failedReply(error, this.#host.errors, origin.requestId)
    return await this.#reports.count(async (startedAt) => {
      const reply = await this.#runner.runHttp(request, pathname, origin, logLines).catch(fail)
      this.#host.log({
        kind: 'http',
        name: `${request.method} ${pathname}`,
        args: null,
        subject: identity?.subject ?? null,
        connection: null,
        outcome: reply.status < 400 ? 'success' : 'error',
        detail: String(reply.status),
        durationMs: performance.now() - startedAt,
        logLines,
      })
      return reply
    })
  }

  async #readSystemQuery(call: QueryCall, snapshot: Snapshot): Promise<QueryResult> {
    const { data } = this.#host
    const transaction = data.beginAt(snapshot, () => {})
    try {
      const outcome = await this.#reports.settle(async () => JSON.stringify(this.#host.systemQuery(call, transaction)))
      const result = new QueryResult({ outcome, journal: null, ts: snapshot.ts, readsIdentity: false, readsTime: true })
      data.watch(transaction, result)
      return result
    }
    finally {
      data.end(transaction)
    }
  }

  async #executeQuery(call: QueryCall, snapshot: Snapshot): Promise<QueryResult> {
    const { data } = this.#host
    let execution: Execution | null = null
    let journal: string | null = null
    const warnings: string[] = []
    const transaction = data.beginAt(snapshot, message => warnings.push(`[WARN] ${message}`))
    try {
      const outcome = await this.#reports.settle(async (logLines) => {
        execution = new Execution(newOrigin(call.identity), transaction, logLines)
        try {
          const found = this.#find('query', call)
          const result = await this.#runner.runQuery(execution, found, decodeArgs(call.name, call.args), call.journal)
          journal = result.journal
          return result.json
        }
        finally {
          logLines.push(...warnings)
        }
      })
      const { readsIdentity, readsTime } = execution! as Execution
      const result = new QueryResult({ outcome, journal, ts: snapshot.ts, readsIdentity, readsTime })
      data.watch(transaction, result)
      return result
    }
    finally {
      data.end(transaction)
    }
  }

  /** @throws RefusedCall if the caller may not call the function. */
  #find(kind: FunctionKind, call: Pick<Call, 'component' | 'name' | 'caller'>): CatalogFunction {
    const path = parseFunctionName(call.component ?? '', call.name)
    return this.#runner.catalog.requireForClient(path, kind, call.caller)
  }

  async #runMutation(call: Call, request: MutationRequest | null): Promise<Answer> {
    return await this.#reports.count(async (startedAt) => {
      let ts: bigint | null = null
      const outcome = await this.#reports.settle(async (logLines) => {
        const found = this.#find('mutation', call)
        const args = decodeArgs(call.name, call.args)
        const origin = newOrigin(call.identity, call)
        const committed = await this.#runner.runMutation(found, args, origin, logLines, { request })
        ts = committed!.ts
        return committed!.json
      })
      this.#reports.log('mutation', call, outcome, startedAt)
      return { outcome, ts }
    })
  }
}
