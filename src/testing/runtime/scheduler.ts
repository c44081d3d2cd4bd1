/** Runs scheduled functions when they are due, and keeps their states in `_scheduled_functions`. */
import type { JSONValue, Value } from 'convex/values'
import type { Outcome } from './call.ts'
import type { Data, DataTransaction } from './data.ts'
import type { FunctionPath } from './function-path.ts'
import { convexToJson } from 'convex/values'
import { clock } from './clock.ts'
import { parseFunctionName, printModulePath } from './function-path.ts'
import { describeMissing } from './functions-catalog.ts'

export const SCHEDULED_FUNCTIONS = '_scheduled_functions'

/** A function that another function has scheduled. */
export interface ScheduledJob {
  id: string
  /** The component whose table contains the job. */
  component: string
  /** Milliseconds since 1970. */
  time: number
}

/** The parts of a deployment that the scheduler uses. */
export interface JobHost {
  data: Data
  /** The kind of a function; `null` if the function does not exist. */
  kindOf: (path: FunctionPath) => 'query' | 'mutation' | 'action' | null
  /**
   * Runs a mutation. Its transaction first calls `begin`, and runs the mutation only if the result
   * is `true`. Then it calls `end`, which records the success.
   */
  runMutation: (path: FunctionPath, args: JSONValue, job: ScheduledJob, steps: JobSteps) => Promise<Outcome | null>
  runAction: (path: FunctionPath, args: JSONValue, job: ScheduledJob) => Promise<Outcome>
}

/** The parts of a job's transaction before and after its function. */
export interface JobSteps {
  begin: (transaction: DataTransaction) => boolean
  end: (transaction: DataTransaction) => void
}

type JobState = { kind: 'pending' | 'inProgress' | 'success' | 'canceled' } | { kind: 'failed', error: string }

interface StoredJob {
  name: string
  args: Value[]
  scheduledTime: number
  state: JobState
  target: string
}

/** Convex runs at most this number of jobs at the same time. */
const MAX_RUNNING = 10
/** Convex limits how far in the future a function may be scheduled. */
const MAX_AHEAD_MS = 5 * 366 * 24 * 60 * 60 * 1000

/** The scheduled functions of one deployment. */
export class Scheduler {
  readonly #host: JobHost
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>()
  readonly #due: ScheduledJob[] = []
  readonly #running = new Map<string, Promise<void>>()
  #isStopped = false

  constructor(host: JobHost) {
    this.#host = host
  }

  /** Returns whether no job runs or is due. */
  get isIdle(): boolean {
    return this.#running.size === 0 && this.#due.length === 0
  }

  /**
   * Continues with the jobs of a previous process. If an action was running, it is not known
   * whether the action has ended, so it counts as failed.
   */
  resume(components: string[]): void {
    const { data } = this.#host
    const pending = data.transact((transaction) => {
      const jobs: ScheduledJob[] = []
      for (const component of components) {
        for (const { id, value } of transaction.documents(component, SCHEDULED_FUNCTIONS)) {
          const { state, scheduledTime } = value as unknown as StoredJob
          if (state.kind === 'pending')
            jobs.push({ id, component, time: scheduledTime })
          else if (state.kind === 'inProgress')
            complete(transaction, id, { kind: 'failed', error: 'Transient error while executing action' })
        }
      }
      return jobs
    })
    pending.forEach(job => this.track(job))
  }

  /** Deletes the jobs that have ended before a time. */
  removeCompleted(before: number): void {
    const { data } = this.#host
    const tables = data.engine.tables.filter(({ name }) => name === SCHEDULED_FUNCTIONS)
    data.transact((transaction) => {
      for (const { component } of tables) {
        for (const { id, value } of [...transaction.documents(component, SCHEDULED_FUNCTIONS)]) {
          if (value.completedTime !== undefined && (value.completedTime as number) < before)
            transaction.delete(id)
        }
      }
    })
  }

  /** Adds a job to the transaction of the function that schedules it. */
  insert(transaction: DataTransaction, component: string, path: FunctionPath, args: Value, time: number): ScheduledJob {
    const scheduledTime = Math.max(time, clock.now())
    const distance = time - clock.now()
    if (Math.abs(distance) > MAX_AHEAD_MS) {
      const direction = distance > 0 ? 'in the future' : 'in the past'
      throw new Error(`${new Date(time).toISOString()} is more than 5 years ${direction}. `
        + `Functions can only be scheduled up to 5 years ${direction}.`)
    }
    const id = transaction.insert(component, SCHEDULED_FUNCTIONS, {
      name: printModulePath(path),
      args: [args],
      scheduledTime,
      state: { kind: 'pending' },
      target: path.component,
    })
    return { id, component, time: scheduledTime }
  }

  /** Runs a job when it is due. The transaction that scheduled the job must have been committed. */
  track(job: ScheduledJob): void {
    if (this.#isStopped)
      return
    clearTimeout(this.#timers.get(job.id))
    const onTime = (): void => {
      this.#timers.delete(job.id)
      this.#due.push(job)
      this.#runDue()
    }
    this.#timers.set(job.id, setTimeout(onTime, job.time - clock.now()))
  }

  /**
   * Cancels a job, unless it has ended. A running action continues, but the functions that it
   * schedules do not run.
   */
  cancel(transaction: DataTransaction, id: string): void {
    const job = transaction.get(id)?.value as StoredJob | undefined
    if (job && isOpen(job))
      complete(transaction, id, { kind: 'canceled' })
  }

  /** Returns whether a job has been cancelled. */
  isCanceled(transaction: DataTransaction, id: string): boolean {
    return (transaction.get(id)?.value as StoredJob | undefined)?.state.kind === 'canceled'
  }

  stop(): void {
    this.#isStopped = true
    this.#timers.forEach(timer => clearTimeout(timer))
    this.#timers.clear()
    this.#due.length = 0
  }

  #runDue(): void {
    while (this.#running.size < MAX_RUNNING && this.#due.length > 0) {
      const job = this.#due.shift()!
      const running = this.#run(job)
        .catch(error => console.error('A scheduled function could not be run:', error))
        .finally(() => {
          this.#running.delete(job.id)
          this.#runDue()
        })
      this.#running.set(job.id, running)
    }
  }

  async #run(job: ScheduledJob): Promise<void> {
    const { data, kindOf } = this.#host
    const stored = data.transact(transaction => transaction.get(job.id)?.value) as StoredJob | undefined
    if (stored?.state.kind !== 'pending')
      return
    const path = parseFunctionName(stored.target, stored.name)
    const args = convexToJson(stored.args[0] ?? {})
    switch (kindOf(path)) {
      case 'mutation':
        return await this.#runMutation(job, path, args)
      case 'action':
        return await this.#runAction(job, path, args)
      default:
        return this.#fail(job, path, describeMissing(path))
    }
  }

  /** The state changes in the mutation's own transaction. Thus, the mutation runs exactly once. */
  async #runMutation(job: ScheduledJob, path: FunctionPath, args: JSONValue): Promise<void> {
    const outcome = await this.#host.runMutation(path, args, job, {
      begin: transaction => (transaction.get(job.id)?.value as StoredJob | undefined)?.state.kind === 'pending',
      end: transaction => complete(transaction, job.id, { kind: 'success' }),
    })
    if (outcome?.status === 'error')
      this.#fail(job, path, outcome.message)
  }

  async #runAction(job: ScheduledJob, path: FunctionPath, args: JSONValue): Promise<void> {
    const { data } = this.#host
    const isStarted = data.transact((transaction) => {
      if ((transaction.get(job.id)?.value as StoredJob | undefined)?.state.kind !== 'pending')
        return false
      transaction.patch(job.id, { state: { kind: 'inProgress' } })
      return true
    })
    if (!isStarted)
      return
    const outcome = await this.#host.runAction(path, args, job)
    if (outcome.status === 'error')
      return this.#fail(job, path, outcome.message)
    data.transact((transaction) => {
      if ((transaction.get(job.id)?.value as StoredJob | undefined)?.state.kind === 'inProgress')
        complete(transaction, job.id, { kind: 'success' })
    })
  }

  #fail(job: ScheduledJob, path: FunctionPath, error: string): void {
    console.error(`The scheduled function ${printModulePath(path)} failed: ${error}`)
    this.#host.data.transact((transaction) => {
      const stored = transaction.get(job.id)?.value as StoredJob | undefined
      if (stored && isOpen(stored))
        complete(transaction, job.id, { kind: 'failed', error })
    })
  }
}

function isOpen({ state }: StoredJob): boolean {
  return state.kind === 'pending' || state.kind === 'inProgress'
}

function complete(transaction: DataTransaction, id: string, state: JobState): void {
  transaction.patch(id, { state: state as Value, completedTime: clock.now() })
}
