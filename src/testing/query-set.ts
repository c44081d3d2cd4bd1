/** The subscribed queries of one connection, and which of them have to run again. */
import type { Connection } from './log.ts'
import type { QuerySetModification, StateModification } from './protocol.ts'
import type { QueryRun } from './runtime.ts'
import type { Change, ReadSet } from './tracking.ts'
import { encodeResult, Rejection } from './protocol.ts'

interface Subscription {
  queryId: number
  call: QueryRun['call']
  journal: string | null
  /** The ranges that the last result depends on; `null` if the query has to run. */
  reads: ReadSet | null
  /** The last result that was sent. An equal result is not sent again. */
  sent: string | null
}

/** The queries of one client, and the last result that was sent for each. */
export class QuerySet {
  readonly #connection: number
  readonly #subscriptions = new Map<number, Subscription>()

  /** @param connection The connection's id, for the log. */
  constructor(connection: number) {
    this.#connection = connection
  }

  /** Whether a query has to run. */
  get isStale(): boolean {
    return this.#stale().length > 0
  }

  describe(): Connection['queries'] {
    return [...this.#subscriptions.values()].map(({ queryId, call: { name, args } }) =>
      ({ queryId, name, args: Array.isArray(args) ? args[0] : args }))
  }

  /**
   * Adds or removes a query.
   *
   * @returns the changes that the client must receive at once.
   * @throws {Rejection} if a query that is added exists already, or if a query that is removed does
   * not exist
   */
  modify(modification: QuerySetModification): StateModification[] {
    const { queryId } = modification
    if (modification.type === 'Remove') {
      if (!this.#subscriptions.delete(queryId))
        throw new Rejection('fatal', `Nonexistent query id: ${queryId}`)
      return [{ type: 'QueryRemoved', queryId }]
    }
    if (this.#subscriptions.has(queryId))
      throw new Rejection('fatal', `Duplicate query ID: ${queryId}`)
    const { udfPath: name, args, journal = null } = modification
    const call = { name, args, connection: this.#connection, caller: 'client' } as const
    this.#subscriptions.set(queryId, { queryId, call, journal, reads: null, sent: null })
    return []
  }

  /**
   * Marks the queries as stale whose results a commit may have changed. Returns whether there are
   * any.
   */
  applyCommit(changes: Change[]): boolean {
    let isAffected = false
    for (const subscription of this.#subscriptions.values()) {
      if (subscription.reads && changes.some(change => subscription.reads!.isAffectedBy(change))) {
        subscription.reads = null
        isAffected = true
      }
    }
    return isAffected
  }

  /** Marks all queries as stale. */
  invalidateAll(): void {
    for (const subscription of this.#subscriptions.values())
      subscription.reads = null
  }

  /**
   * Returns the queries that have to run. Results that differ from the last result that was sent
   * are added to `modifications`.
   */
  staleRuns(modifications: StateModification[]): QueryRun[] {
    return this.#stale().map(subscription => ({
      call: subscription.call,
      journal: subscription.journal,
      settle: ({ outcome, reads, journal }) => {
        const sent = JSON.stringify(outcome)
        if (sent !== subscription.sent)
          modifications.push(encodeResult(subscription.queryId, outcome, journal))
        Object.assign(subscription, { reads, journal, sent })
      },
    }))
  }

  clear(): void {
    this.#subscriptions.clear()
  }

  #stale(): Subscription[] {
    return [...this.#subscriptions.values()].filter(({ reads }) => reads === null)
  }
}
