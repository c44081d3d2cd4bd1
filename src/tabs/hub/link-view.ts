/** The requests of one client of a tab to its hub, and the results that it has received. */
import type { Timestamp, Version } from './protocol.ts'
import type { SharedQuery } from './shared-queries.ts'
import { FIRST_VERSION, isAtLeast } from './protocol.ts'

interface ViewedQuery {
  query: SharedQuery
  /** The revision that the client has received; `null` before the first. */
  received: number | null
}

/** A transition for a client. */
interface ViewTransition {
  /** The message. */
  text: string
  /** The client's own ids of the mutations that it no longer repeats. */
  settled: number[]
}

/** The versions of a client's requests. */
type Requests = Omit<Version, 'ts'>

/**
 * The versions of one client. They differ from those of the shared connection, which the code calls
 * the wire. Each transition leads the client from the version that it has reached to a version with
 * results of one timestamp:
 *
 * - A change of the query set or of the identity is confirmed once the wire has reached the version
 *   that contains it. Results of added queries are not sent before.
 * - A transition contains all results of the client's queries that differ from those that it has
 *   received, and no other results.
 */
export class LinkView {
  readonly #queries = new Map<number, ViewedQuery>()
  #reached: Version = FIRST_VERSION
  #requested: Requests = { querySet: 0, identity: 0 }
  /** The versions of the wire that contain the client's requests. */
  #awaited: Requests = { querySet: 1, identity: 0 }
  #removed: number[] = []
  /** The keys of queries whose removal the client has not received yet. */
  readonly #removedKeys = new Set<string>()
  /** The answered mutations, by their ids, whose time the client has not reached yet. */
  readonly #answered = new Map<number, Timestamp>()

  /** The version of the identity that the client has reached. */
  get identity(): number {
    return this.#reached.identity
  }

  /** The version of the query set that the client has requested. */
  get querySet(): number {
    return this.#requested.querySet
  }

  /** @param awaited The version of the wire that confirms the identity. */
  authenticate(awaited: number): void {
    this.#requested.identity++
    this.#awaited.identity = Math.max(this.#awaited.identity, awaited)
  }

  /**
   * @param version The version of the client's query set.
   * @param awaited The version of the wire that contains the results.
   */
  modify(version: number, awaited: number): void {
    this.#requested.querySet = version
    this.#awaited.querySet = Math.max(this.#awaited.querySet, awaited)
  }

  add(id: number, query: SharedQuery): void {
    this.#queries.set(id, { query, received: null })
  }

  /** @returns the query that the client has removed. */
  remove(id: number): SharedQuery | undefined {
    const query = this.#queries.get(id)?.query
    if (query) {
      this.#queries.delete(id)
      this.#removed.push(id)
      this.#removedKeys.add(query.key)
    }
    return query
  }

  /** Whether the client has removed this query, and adds it again to run it again. */
  hasJustRemoved(key: string): boolean {
    return this.#removedKeys.has(key)
  }

  /** Ends all subscriptions, and returns their queries. */
  clear(): SharedQuery[] {
    const queries = [...this.#queries.values()].map(({ query }) => query)
    this.#queries.clear()
    return queries
  }

  /** Whether the client has not reached the time of an answered mutation. */
  get isAwaiting(): boolean {
    return this.#answered.size > 0
  }

  /**
   * Called when a mutation is answered. The client drops its optimistic update, and no longer
   * repeats the mutation, with the next transition that reaches `time`.
   */
  await(requestId: number, time: Timestamp): void {
    this.#answered.set(requestId, time)
  }

  /**
   * The transition that is due, and the mutations that it settles; `null` if there is none.
   *
   * @param wire The version that the hub has reached.
   * @param clientClockSkew The client's clock minus the clock of the deployment, in ms.
   */
  takeTransition(wire: Version, clientClockSkew: number | undefined): ViewTransition | null {
    const { querySet, identity } = this.#requested
    const isConfirmed = querySet > 0
      && wire.querySet >= this.#awaited.querySet && wire.identity >= this.#awaited.identity
    const startVersion = this.#reached
    if (!isConfirmed && startVersion.querySet === 0)
      return null
    const modifications = this.#takeResults(isConfirmed)
    const endVersion: Version = isConfirmed ? { querySet, identity, ts: wire.ts } : { ...startVersion, ts: wire.ts }
    const settled = [...this.#answered].flatMap(([id, time]) => isAtLeast(wire.ts, time) ? [id] : [])
    const isAdvanced = endVersion.querySet > startVersion.querySet || endVersion.identity > startVersion.identity
    if (settled.length === 0 && !isAdvanced && modifications.length === 0)
      return null
    this.#reached = endVersion
    settled.forEach(id => this.#answered.delete(id))
    const start = JSON.stringify({ type: 'Transition', startVersion, endVersion, clientClockSkew })
    return { text: `${start.slice(0, -1)},"modifications":[${modifications.join()}]}`, settled }
  }

  #takeResults(isConfirmed: boolean): string[] {
    const results: string[] = []
    if (isConfirmed) {
      for (const queryId of this.#removed.splice(0))
        results.push(JSON.stringify({ type: 'QueryRemoved', queryId }))
      this.#removedKeys.clear()
    }
    for (const [id, viewed] of this.#queries) {
      const { query, received } = viewed
      const isDue = received === null ? isConfirmed && !query.isPending : received !== query.revision
      if (isDue && query.result) {
        viewed.received = query.revision
        results.push(`{"queryId":${id},${query.result}`)
      }
    }
    return results
  }
}
