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
  /** What its last result depends on; `null` if it has to run. */
  reads: ReadSet | null
  /** The last result as it was sent: an equal one is not sent again. */
  sent: string | null
}

/** The queries of one client, and what each of them was last told. */
export class QuerySet {
  readonly #connection: number
  readonly #subscriptions = new Map<number, Subscription>()

  /** @param connection The connection's id, for the log. */
  constructor(connection: number) {
    this.#connection = connection
  }

  /** Whether one has to run. */
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
   * @returns what the client is to be told at once.
   * @throws {Rejection} if there is one of that id already, or none
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

  /** Makes stale what a commit may have altered. Returns whether that is any. */
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

  /** Makes everything stale. */
  invalidateAll(): void {
    for (const subscription of this.#subscriptions.values())
      subscription.reads = null
  }

  /** What has to run; what it gives that is news is added to `modifications`. */
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
