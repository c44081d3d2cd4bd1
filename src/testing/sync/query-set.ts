/** The subscribed queries of one connection, with a record of those that need a new result. */
import type { Identity } from '../identity.ts'
import type { Connection } from '../log.ts'
import type { QueryResult } from '../runtime/query-result.ts'
import type { QueryCall } from '../runtime/shared-queries.ts'
import type { EncodedModification, QuerySetModification } from './protocol.ts'
import { mapInPool } from './map-in-pool.ts'
import { encodeRemoval, encodeResult, Rejection } from './protocol.ts'

/**
 * The limit for simultaneous queries of one client. More queries would not be faster, since all
 * functions share a thread, and would need more memory.
 */
const LARGEST_POOL = 64

interface Subscription {
  queryId: number
  name: string
  args: QueryCall['args']
  component: string | undefined
  journal: string | null
  /** Ends the use of the current result. */
  release: () => void
  /** The text of the last result that was sent. An equal result is not sent again. */
  sent: string | null
}

/** Reads the result of a query at the timestamp of the transition. */
export type ReadQuery = (call: QueryCall) => Promise<QueryResult>

/** The queries of one client, and the last result that was sent for each. */
export class QuerySet {
  readonly #subscriptions = new Map<number, Subscription>()
  /** The subscriptions that have no current result. */
  readonly #stale = new Set<Subscription>()
  readonly #onStale: () => void

  /** @param onStale Called when a query needs a new result. */
  constructor(onStale: () => void) {
    this.#onStale = onStale
  }

  describe(): Connection['queries'] {
    return [...this.#subscriptions.values()].map(({ queryId, name, args }) =>
      ({ queryId, name, args: Array.isArray(args) ? args[0] : args }))
  }

  /**
   * Adds or removes a query.
   *
   * @returns the changes that the client must receive at once.
   * @throws {Rejection} if a query that is added already exists, or if a query that is removed does
   * not exist
   */
  modify(modification: QuerySetModification): EncodedModification[] {
    const { queryId } = modification
    const existing = this.#subscriptions.get(queryId)
    if (modification.type === 'Remove') {
      if (!existing)
        throw new Rejection('internal', `Nonexistent query id: ${queryId}`)
      existing.release()
      this.#subscriptions.delete(queryId)
      this.#stale.delete(existing)
      return [encodeRemoval(queryId)]
    }
    if (existing)
      throw new Rejection('internal', `Duplicate query ID: ${queryId}`)
    const { udfPath: name, args, journal = null, componentPath: component } = modification
    const subscription: Subscription = { queryId, name, args, component, journal, release: () => {}, sent: null }
    this.#subscriptions.set(queryId, subscription)
    this.#stale.add(subscription)
    return []
  }

  /** Marks all queries as stale. */
  invalidateAll(): void {
    for (const subscription of this.#subscriptions.values()) {
      subscription.release()
      this.#stale.add(subscription)
    }
  }

  /**
   * Runs the queries that have no current result, in the order in which the client added them. The
   * order in which a write finds them depends on the time at which their last results were ready,
   * and would make each run of a test different.
   *
   * @returns the results that differ from the last results that were sent.
   */
  async refresh(session: { identity: Identity, isAdmin: boolean }, read: ReadQuery): Promise<EncodedModification[]> {
    const { identity, isAdmin } = session
    const stale = [...this.#stale].sort((one, other) => one.queryId - other.queryId)
    const held: (() => void)[] = []
    try {
      const results = await mapInPool(stale, LARGEST_POOL, async ({ name, args, journal, component }) => {
        const result = await read({
          name,
          args,
          identity,
          journal,
          caller: isAdmin ? 'trusted' : 'client',
          ...isAdmin && component && { component },
        })
        // An unused result may be dropped before the other results have been read.
        held.push(result.use(() => {}))
        return result
      })
      return stale.flatMap((subscription, index) => this.#apply(subscription, results[index]!))
    }
    finally {
      held.forEach(release => release())
    }
  }

  clear(): void {
    this.#subscriptions.forEach(({ release }) => release())
    this.#subscriptions.clear()
    this.#stale.clear()
  }

  #apply(subscription: Subscription, result: QueryResult): EncodedModification[] {
    // The connection may have been closed while the result was read.
    if (!this.#subscriptions.has(subscription.queryId))
      return []
    subscription.journal = result.journal
    if (result.isCurrent) {
      this.#stale.delete(subscription)
      subscription.release = result.use(() => {
        this.#stale.add(subscription)
        this.#onStale()
      })
    }
    else {
      this.#onStale()
    }
    if (result.text === subscription.sent)
      return []
    subscription.sent = result.text
    return [encodeResult(subscription.queryId, result.outcome, result.journal)]
  }
}
