import type { IndexedDbStoreOptions } from 'convue/persist'
import { createHash } from 'node:crypto'
import { indexedDbStore } from 'convue/persist'
import { IDBFactory } from 'fake-indexeddb'
import { vi } from 'vitest'
import 'fake-indexeddb/auto'

/** The storage of a browser that remains between visits: IndexedDB and the readable cookies. */
export class BrowserStorage {
  /** The session of the session cookie, as the secret of the session; `null` for none. */
  session: string | null = null
  /** Whether the server sets a companion cookie. */
  hasCompanion = true
  /** Further cookies. */
  otherCookies = 'theme=dark'

  constructor() {
    vi.stubGlobal('indexedDB', new IDBFactory())
    // The real digest settles after an unknown time, which fake timers cannot advance.
    vi.spyOn(crypto.subtle, 'digest').mockImplementation(async (_algorithm, data) => hash(data as Uint8Array))
    Object.defineProperty(document, 'cookie', { configurable: true, get: () => this.#cookies })
  }

  /** The value of the companion cookie for a session. */
  static keyOf(session: string): string {
    return hash(new TextEncoder().encode(`convue store key; ${session}`)).subarray(0, 16).toString('hex')
  }

  /** All records of all databases, as text. */
  async read(): Promise<string> {
    const databases = await indexedDB.databases()
    const records = await Promise.all(databases.map(({ name }) => readDatabase(name!)))
    return JSON.stringify(records)
  }

  restore(): void {
    Reflect.deleteProperty(document, 'cookie')
    vi.mocked(crypto.subtle.digest).mockRestore()
    vi.unstubAllGlobals()
  }

  get #cookies(): string {
    if (this.session === null || !this.hasCompanion)
      return this.otherCookies
    return `${this.otherCookies}; __Secure-better-auth.convue_store_key=${BrowserStorage.keyOf(this.session)}`
  }
}

/** The option `persist` of a page. */
export function persist(options?: IndexedDbStoreOptions): { persist: ReturnType<typeof indexedDbStore> } {
  return { persist: indexedDbStore(options) }
}

function hash(data: Uint8Array): any {
  return createHash('sha256').update(data).digest()
}

function readDatabase(name: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(name)
    opening.onerror = () => reject(opening.error)
    opening.onsuccess = () => {
      const database = opening.result
      const transaction = database.transaction([...database.objectStoreNames])
      const requests = [...database.objectStoreNames].map(store => transaction.objectStore(store).getAll())
      transaction.oncomplete = () => {
        database.close()
        resolve(requests.map(({ result }) => result))
      }
    }
  })
}
