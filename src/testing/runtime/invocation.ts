/** The state of a running function: its caller, its transaction and the queries that it reads. */
import type { ConflictError } from '../engine/conflict-error.ts'
import type { QueryJournal } from '../engine/page.ts'
import type { Identity } from '../identity.ts'
import type { DataTransaction } from './data.ts'
import type { FunctionPath } from './function-path.ts'
import type { LoadedFunctions } from './loaded-functions.ts'
import type { ScheduledJob } from './scheduler.ts'

/** The request that has caused a call, and the identity as which its functions run. */
export interface Origin {
  identity: Identity
  /** An id in hexadecimal digits, which errors and `getRequestMetadata` contain. */
  requestId: string
  ip: string | null
  userAgent: string | null
  /** The token of the user who has made the request; `null` for all other calls. */
  authToken: string | null
  /**
   * The error of an HTTP request's bearer token; `null` if the token was accepted or is missing.
   */
  authenticationError: Error | null
  /** The scheduled job that runs; `null` for all other calls. */
  job: ScheduledJob | null
}

/**
 * One run of a query, a mutation or an action, with all functions that are part of the same
 * transaction. A mutation that is tried again is another execution.
 */
export class Execution {
  readonly origin: Origin
  /** `null` for actions. */
  readonly transaction: DataTransaction | null
  /** The lines that the functions have written to the console. */
  readonly logLines: string[]
  /** The jobs that the transaction has scheduled. */
  readonly scheduled: ScheduledJob[] = []
  /**
   * The id of the call that a client has made. The watchdog adds the time of nested calls to it.
   */
  rootId = 0
  /**
   * The functions that were loaded when the execution began; `null` before. All functions of a
   * transaction come from the same loaded version, and `rootId` is an id in the threads of that
   * version.
   */
  functions: LoadedFunctions | null = null
  readsIdentity = false
  /** `true` if a function of the transaction has read the time or a random value. */
  readsTime = false
  /** The conflict because of which the transaction has to begin again, even if it was caught. */
  conflict: ConflictError | null = null
  constructor(origin: Origin, transaction: DataTransaction | null, logLines: string[] = []) {
    this.origin = origin
    this.transaction = transaction
    this.logLines = logLines
  }
}

/** The rows of a query, and the number of rows that the next answer contains. */
export interface RowStream {
  rows: Iterator<string, void>
  size: number
}

/** One running function. */
export class Invocation {
  readonly execution: Execution
  readonly path: FunctionPath
  readonly kind: 'query' | 'mutation' | 'action' | 'httpAction'
  /** 1 for the function that was called from outside, and one more for each nested call. */
  readonly depth: number
  /**
   * The end of the page that the function reads. The next run of a subscribed query receives this
   * cursor, so that its page has the same end.
   */
  readonly journal: QueryJournal
  /** The queries that the function reads row by row. */
  readonly streams = new Map<number, RowStream>()
  /**
   * The last system call of the function, if it runs in a transaction. System calls of one function
   * run one after the other, since a nested mutation can be rolled back.
   */
  queue: Promise<unknown> | null = null

  constructor(
    execution: Execution,
    path: FunctionPath,
    kind: Invocation['kind'],
    depth: number,
    previousEnd: string | null = null,
  ) {
    this.execution = execution
    this.path = path
    this.kind = kind
    this.depth = depth
    this.journal = { previous: previousEnd, next: null }
  }
}
