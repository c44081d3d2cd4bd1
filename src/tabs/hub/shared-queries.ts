/** The queries of a hub. Equal queries of several tabs are one subscription. */
import type { AddQuery, QueryChange, QueryResult } from './protocol.ts'
import { stableJson } from './identity.ts'

/** A subscription on the shared connection. */
export interface SharedQuery {
  /** Equal for equal functions and arguments. */
  readonly key: string
  /** The id on the shared connection. */
  id: number
  /** The latest journal. Two pages that end at different positions are two queries. */
  journal: string | null
  /** The latest result as JSON, without its `{` and its query id; `null` before the first. */
  result: string | null
  /** Grows with each result. */
  revision: number
  /** Whether a run has been requested whose result has not arrived. */
  isPending: boolean
  users: number
}

const RESULTS = ['QueryUpdated', 'QueryFailed', 'QueryRemoved']

/** The key of a query: its function and its arguments. */
export function keyOf({ udfPath, args, componentPath = '' }: AddQuery): string {
  return `${componentPath} ${udfPath} ${stableJson(args)}`
}

/** Counts the tabs that use each query, and returns the changes for the deployment. */
export class SharedQueries {
  readonly #byId = new Map<number, SharedQuery>()
  readonly #byKey = new Map<string, Set<SharedQuery>>()
  #nextId = 0

  /**
   * Counts one more tab for a query, and subscribes the query if it is the first.
   *
   * @param add The query that a tab adds.
   * @param changes Receives the changes of the query set on the shared connection.
   * @param isRerun Whether the tab needs the result of another run.
   */
  acquire(add: AddQuery, changes: QueryChange[], isRerun: boolean): SharedQuery {
    const key = keyOf(add)
    const found = this.#find(key, add.journal)
    const query = found ?? this.#create(key)
    query.users++
    if (!found || isRerun)
      this.#run(query, add, changes)
    return query
  }

  /** Counts one tab less for a query, and unsubscribes the query after the last one. */
  release(query: SharedQuery, changes: QueryChange[]): void {
    if (--query.users > 0)
      return
    this.#byId.delete(query.id)
    const variants = this.#byKey.get(query.key)!
    variants.delete(query)
    if (variants.size === 0)
      this.#byKey.delete(query.key)
    changes.push({ type: 'Remove', queryId: query.id })
  }

  /**
   * Stores the result of a query. The result of a query that was removed is discarded.
   *
   * @throws {Error} if the kind of the change is not known
   */
  apply({ queryId, ...result }: QueryResult): void {
    if (!RESULTS.includes(result.type))
      throw new Error('A transition contains an unknown change.')
    const query = this.#byId.get(queryId)
    if (!query || result.type === 'QueryRemoved')
      return
    query.result = JSON.stringify(result).slice(1)
    query.journal = result.journal ?? null
    query.revision++
    query.isPending = false
  }

  #find(key: string, journal: string | null | undefined): SharedQuery | undefined {
    const variants = [...this.#byKey.get(key) ?? []]
    return journal ? variants.find(query => query.journal === journal) : variants[0]
  }

  #create(key: string): SharedQuery {
    const query: SharedQuery = { key, id: -1, journal: null, result: null, revision: 0, isPending: true, users: 0 }
    const variants = this.#byKey.get(key) ?? new Set()
    this.#byKey.set(key, variants.add(query))
    return query
  }

  /** Subscribes the query. An existing subscription is replaced, so that the query runs again. */
  #run(query: SharedQuery, add: AddQuery, changes: QueryChange[]): void {
    if (query.id >= 0) {
      this.#byId.delete(query.id)
      changes.push({ type: 'Remove', queryId: query.id })
    }
    query.id = this.#nextId++
    query.journal = add.journal ?? null
    query.isPending = true
    this.#byId.set(query.id, query)
    changes.push({ ...add, queryId: query.id })
  }
}
