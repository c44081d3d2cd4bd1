/** The database: results by owner and query, and one record for each owner. */
import type { DBSchema, IDBPDatabase, IDBPObjectStore } from 'idb'
import type { StoreSettings } from './store-settings.ts'
import { openDB } from 'idb'

/** The format of the database. With another format, all stored results are deleted. */
const FORMAT = 1

/**
 * The owner of results: a user; `'anonymous'` for results that only an anonymous page shows;
 * `'public'` for results that every page shows.
 */
export type Owner = `user ${string}` | 'anonymous' | 'public'

export interface OwnerRecord {
  owner: Owner
  /**
   * The key of the session in which the results were stored. `null` if the server sets no companion
   * cookie.
   */
  key: string | null
  /** The option `version` of the store. */
  version: string
  /**
   * A text that differs each time the record is created. A tab whose stamp is outdated must not
   * write: another tab has deleted the results of the owner.
   */
  stamp: string
}

export interface ResultRecord {
  owner: Owner
  query: string
  /** The result as JSON. */
  text: string
  /** When the result arrived, in milliseconds since 1970. */
  storedAt: number
  characters: number
}

/** A result to store. */
export type ResultChange = Pick<ResultRecord, 'text' | 'storedAt'>

interface Schema extends DBSchema {
  owners: { key: string, value: OwnerRecord }
  results: { key: [string, string], value: ResultRecord, indexes: { byAge: [number, number] } }
}

/**
 * Each method is one transaction. IndexedDB runs transactions of all tabs in the order in which
 * they were created, so a write that is under way at a sign-out cannot survive the deletion.
 */
export class ResultDatabase {
  readonly #db: IDBPDatabase<Schema>
  readonly #settings: StoreSettings

  private constructor(db: IDBPDatabase<Schema>, settings: StoreSettings) {
    this.#db = db
    this.#settings = settings
  }

  static async open(url: string, settings: StoreSettings): Promise<ResultDatabase> {
    const db = await openDB<Schema>(`${settings.name}:${url}`, FORMAT, {
      upgrade(db) {
        for (const name of db.objectStoreNames)
          db.deleteObjectStore(name)
        db.createObjectStore('owners', { keyPath: 'owner' })
        db.createObjectStore('results', { keyPath: ['owner', 'query'] })
          .createIndex('byAge', ['storedAt', 'characters'])
      },
      // A page with a newer format must not wait for this page.
      blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
    })
    return new ResultDatabase(db, settings)
  }

  async read(): Promise<{ owners: OwnerRecord[], results: ResultRecord[] }> {
    const transaction = this.#db.transaction(['owners', 'results'])
    const [owners, results] = await Promise.all([
      transaction.objectStore('owners').getAll(),
      transaction.objectStore('results').getAll(),
    ])
    return { owners, results }
  }

  /**
   * Prepares the database for the results of a user, and deletes those of all other users. Returns
   * the stamp that writes need.
   */
  claim(owner: Owner): Promise<string> {
    return this.#change(async (stores) => {
      for (const record of await stores.owners.getAll()) {
        if (isUser(record.owner) && record.owner !== owner)
          deleteOwner(stores, record.owner)
      }
      return (await this.#prepare(stores, owner)).stamp
    })
  }

  /**
   * Stores results of an owner, and deletes the oldest results of all owners beyond the limits.
   *
   * @param owner The owner.
   * @param stamp The stamp that `claim` has returned; `null` for anonymous results.
   * @param key The key of the session; `undefined` if it is not known.
   * @param changes The results by query; `null` for a result to delete.
   * @returns whether the stamp is current. If not, nothing is stored.
   */
  write(
    owner: Owner,
    stamp: string | null,
    key: string | null | undefined,
    changes: ReadonlyMap<string, ResultChange | null>,
  ): Promise<boolean> {
    return this.#change(async (stores) => {
      const { owners, results } = stores
      const record = stamp === null ? await this.#prepare(stores, owner) : await owners.get(owner)
      if (!record || (stamp !== null && record.stamp !== stamp))
        return false
      if (key !== undefined && key !== record.key)
        start(owners.put({ ...record, key }))
      for (const [query, change] of changes) {
        if (change)
          start(results.put({ owner, query, ...change, characters: query.length + change.text.length }))
        else
          start(results.delete([owner, query]))
      }
      await this.#trim(stores)
      return true
    })
  }

  /** Deletes the results of each owner for whose record `isDeleted` returns `true`. */
  delete(isDeleted: (record: OwnerRecord) => boolean): Promise<void> {
    return this.#change(async (stores) => {
      for (const record of await stores.owners.getAll()) {
        if (isDeleted(record))
          deleteOwner(stores, record.owner)
      }
    })
  }

  /** Closes the database once its transactions have ended. */
  close(): void {
    this.#db.close()
  }

  async #change<Result>(work: (stores: Stores) => Promise<Result>): Promise<Result> {
    const transaction = this.#db.transaction(['owners', 'results'], 'readwrite')
    const stores: Stores = { owners: transaction.objectStore('owners'), results: transaction.objectStore('results') }
    const [result] = await Promise.all([work(stores), transaction.done])
    return result
  }

  /**
   * Returns the record of an owner. If there is none of the current version of the app, creates it,
   * and deletes the results of the owner.
   */
  async #prepare(stores: Stores, owner: Owner): Promise<OwnerRecord> {
    const { version } = this.#settings
    const existing = await stores.owners.get(owner)
    if (existing?.version === version)
      return existing
    deleteOwner(stores, owner)
    const record = { owner, key: null, version, stamp: `${Date.now()} ${Math.random()}` }
    start(stores.owners.put(record))
    return record
  }

  /** Deletes the results that are too old, and the oldest results beyond the limits. */
  async #trim({ results }: Stores): Promise<void> {
    const { maxAgeMs, maxEntries, maxCharacters } = this.#settings
    const oldest = Date.now() - maxAgeMs
    let entries = 0
    let total = 0
    let cursor = await results.index('byAge').openKeyCursor(null, 'prev')
    while (cursor) {
      const [storedAt, characters] = cursor.key
      entries++
      total += characters
      if (storedAt < oldest || entries > maxEntries || total > maxCharacters)
        start(results.delete(cursor.primaryKey))
      cursor = await cursor.continue()
    }
  }
}

type StoreOf<Name extends 'owners' | 'results'> = IDBPObjectStore<Schema, ['owners', 'results'], Name, 'readwrite'>

/** The object stores of one transaction. */
interface Stores {
  owners: StoreOf<'owners'>
  results: StoreOf<'results'>
}

function deleteOwner({ owners, results }: Stores, owner: Owner): void {
  start(owners.delete(owner))
  start(results.delete(IDBKeyRange.bound([owner], [owner, []])))
}

/** Starts a request. If it fails, its transaction fails and reports the same error. */
function start(request: Promise<unknown>): void {
  request.catch(() => {})
}

export function ownerOfUser(userId: string): Owner {
  return `user ${userId}`
}

export function isUser(owner: Owner): boolean {
  return owner.startsWith('user ')
}
