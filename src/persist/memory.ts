/** The stored results that a page has in memory, by owner and query. */
import type { Value } from 'convex/values'
import type { Owner, ResultChange } from './result-database.ts'
import type { StoreSettings } from './store-settings.ts'
import { convexToJson, jsonToConvex } from 'convex/values'

/** Has the same limits as the database, so that the memory of an open page remains limited. */
export class Memory {
  readonly #settings: StoreSettings
  readonly #owners = new Map<Owner, Map<string, ResultChange>>()

  constructor(settings: StoreSettings) {
    this.#settings = settings
  }

  get(owner: Owner, query: string): Value | undefined {
    const result = this.#owners.get(owner)?.get(query)
    if (!result || result.storedAt < Date.now() - this.#settings.maxAgeMs)
      return undefined
    return jsonToConvex(JSON.parse(result.text))
  }

  /** Adds a result of the database, unless a more recent result is in memory already. */
  add(owner: Owner, query: string, { text, storedAt }: ResultChange): void {
    const results = this.#resultsOf(owner)
    if (!results.has(query))
      results.set(query, { text, storedAt })
  }

  /** Sets results, and deletes those that are `null`. */
  apply(owner: Owner, changes: Map<string, ResultChange | null>): void {
    const results = this.#resultsOf(owner)
    for (const [query, change] of changes) {
      if (change)
        results.set(query, change)
      else
        results.delete(query)
    }
  }

  deleteOwner(owner: Owner): void {
    this.#owners.delete(owner)
  }

  /** Deletes the oldest results that exceed the limits. */
  trim(): void {
    const { maxEntries, maxCharacters } = this.#settings
    const all = [...this.#owners.values()].flatMap(results =>
      [...results].map(([query, { text, storedAt }]) => ({ results, query, text, storedAt })))
    let characters = 0
    all.toSorted((one, other) => other.storedAt - one.storedAt).forEach(({ results, query, text }, index) => {
      characters += query.length + text.length
      if (index >= maxEntries || characters > maxCharacters)
        results.delete(query)
    })
  }

  #resultsOf(owner: Owner): Map<string, ResultChange> {
    const results = this.#owners.get(owner) ?? new Map<string, ResultChange>()
    this.#owners.set(owner, results)
    return results
  }
}

/** A result as JSON. */
export function writeResult(value: Value): string {
  return JSON.stringify(convexToJson(value))
}
