/** Executes queries, and shares executions between all clients with the same query. */
import type { JSONValue } from 'convex/values'
import type { Identity } from '../identity.ts'
import type { Snapshot } from './data.ts'
import type { QueryResult } from './query-result.ts'

/** A query that a client or a test calls, and the end of its previous page. */
export interface QueryCall {
  name: string
  args: JSONValue
  identity: Identity
  journal: string | null
  caller: 'client' | 'trusted'
  component?: string
}

/** Executes a query on the data of a snapshot. */
export type ExecuteQuery = (call: QueryCall, snapshot: Snapshot) => Promise<QueryResult>

/** The results of one query for its callers. */
interface KnownResults {
  /** The result if it does not depend on the identity. */
  shared: QueryResult | null
  byIdentity: Map<string, QueryResult>
}

/** The greatest number of kept results that no subscription uses. */
const KEPT_RESULTS = 1_000

/**
 * Executes each query once for all callers with the same arguments, and, if the query reads the
 * identity, the same identity. A result is used again until a commit changes data that the query
 * has read.
 */
export class SharedQueries {
  readonly #execute: ExecuteQuery
  readonly #known = new Map<string, KnownResults>()
  readonly #running = new Map<string, { identity: string, result: Promise<QueryResult> }>()
  /** All results that no commit has changed. */
  readonly #current = new Set<QueryResult>()
  /** The current results that no subscription uses, in the order of their last reads. */
  readonly #unused = new Set<QueryResult>()
  /** The names of the queries that have read the identity. */
  readonly #identityReaders = new Set<string>()

  constructor(execute: ExecuteQuery) {
    this.#execute = execute
  }

  /** The result of a query at the timestamp of a snapshot. */
  async read(call: QueryCall, snapshot: Snapshot): Promise<QueryResult> {
    const key = JSON.stringify([call.caller, call.component, call.name, call.args, call.journal])
    const identity = JSON.stringify(call.identity)
    for (;;) {
      const known = this.#find(key, identity, snapshot.ts)
      if (known)
        return known
      const runKey = this.#identityReaders.has(call.name) ? `${key}${identity}` : key
      const running = this.#running.get(runKey)
      if (!running)
        return await this.#run(call, snapshot, key, runKey)
      // The result may be that of another identity or of another timestamp. An error is only thrown
      // to the caller that has started the run.
      const result = await running.result.catch(() => null)
      if (result?.isValidAt(snapshot.ts) && (!result.readsIdentity || running.identity === identity))
        return result
      if (this.#running.get(runKey) === running)
        this.#running.delete(runKey)
    }
  }

  /** Forgets all results, since the functions or the environment have changed. */
  clear(ts: bigint): void {
    const results = [...this.#current]
    this.#known.clear()
    this.#running.clear()
    results.forEach(result => result.invalidate(ts))
  }

  #find(key: string, identity: string, ts: bigint): QueryResult | null {
    const known = this.#known.get(key)
    const result = known?.byIdentity.get(identity) ?? known?.shared
    if (!result || !result.isValidAt(ts) || (result.readsTime && !result.isUsed))
      return null
    if (!result.isUsed)
      this.#keepUnused(result)
    return result
  }

  async #run(call: QueryCall, snapshot: Snapshot, key: string, runKey: string): Promise<QueryResult> {
    const running = { identity: JSON.stringify(call.identity), result: this.#execute(call, snapshot) }
    this.#running.set(runKey, running)
    try {
      const result = await running.result
      if (result.readsIdentity)
        this.#identityReaders.add(call.name)
      this.#keep(key, running.identity, result)
      return result
    }
    finally {
      if (this.#running.get(runKey) === running)
        this.#running.delete(runKey)
    }
  }

  #keep(key: string, identity: string, result: QueryResult): void {
    if (!result.isCurrent)
      return
    const known = this.#known.get(key) ?? { shared: null, byIdentity: new Map<string, QueryResult>() }
    if (result.readsIdentity)
      known.byIdentity.set(identity, result)
    else
      known.shared = result
    this.#known.set(key, known)
    this.#current.add(result)
    result.onUsage((isUsed) => {
      this.#unused.delete(result)
      if (!isUsed)
        this.#keepUnused(result)
    })
    result.onEnd(() => this.#forget(key, known, identity, result))
    this.#keepUnused(result)
  }

  #forget(key: string, known: KnownResults, identity: string, result: QueryResult): void {
    this.#current.delete(result)
    this.#unused.delete(result)
    if (known.shared === result)
      known.shared = null
    if (known.byIdentity.get(identity) === result)
      known.byIdentity.delete(identity)
    if (known.shared === null && known.byIdentity.size === 0 && this.#known.get(key) === known)
      this.#known.delete(key)
  }

  /** Keeps a result for its next reader, and drops the result that was read longest ago. */
  #keepUnused(result: QueryResult): void {
    if (!this.#current.has(result))
      return
    this.#unused.delete(result)
    this.#unused.add(result)
    const [oldest] = this.#unused
    if (this.#unused.size > KEPT_RESULTS)
      oldest!.dispose()
  }
}
