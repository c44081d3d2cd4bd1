/** The IndexedDB database that holds the stored calls of all users of this origin. */
import type { DBSchema, IDBPDatabase } from 'idb'
import type { StoredCall } from './queue-state.ts'
import type { StoredError } from './stored-error.ts'
import { openDB } from 'idb'

/** A call that has no place in the order yet. */
export type NewCall = Omit<StoredCall, 'sequence'>

interface Schema extends DBSchema {
  calls: { key: number, value: NewCall & { sequence?: number }, indexes: { owner: string } }
}

/** Every method rejects with the browser's own error. */
export interface OutboxDatabase {
  /** Resolves when the call is on the disk. */
  add: (call: NewCall) => Promise<number>
  /** The calls of an owner, in their order. */
  list: (owner: string) => Promise<StoredCall[]>
  remove: (sequence: number) => Promise<void>
  /** Sets or removes the error of a call, and replaces its key if `changes` has a key. */
  update: (sequence: number, changes: { error: StoredError | undefined, key?: string }) => Promise<void>
  /** Removes all calls of an owner. */
  clear: (owner: string) => Promise<void>
  close: () => Promise<void>
}

export function openOutboxDatabase(name: string): OutboxDatabase {
  let opened: Promise<IDBPDatabase<Schema>> | undefined

  return {
    async add(call) {
      const transaction = (await open()).transaction('calls', 'readwrite', { durability: 'strict' })
      const sequence = await transaction.store.add(call)
      await transaction.done
      return sequence
    },
    async list(owner) {
      return await (await open()).getAllFromIndex('calls', 'owner', owner) as StoredCall[]
    },
    async remove(sequence) {
      await (await open()).delete('calls', sequence)
    },
    async update(sequence, changes) {
      const transaction = (await open()).transaction('calls', 'readwrite')
      const call = await transaction.store.get(sequence)
      if (call)
        await transaction.store.put({ ...call, ...changes })
      await transaction.done
    },
    async clear(owner) {
      const transaction = (await open()).transaction('calls', 'readwrite')
      for (const sequence of await transaction.store.index('owner').getAllKeys(owner))
        await transaction.store.delete(sequence)
      await transaction.done
    },
    async close() {
      const database = opened
      opened = undefined
      await database?.then(open => open.close(), () => {})
    },
  }

  /** Opens the database again if it could not be opened before, or was closed. */
  function open(): Promise<IDBPDatabase<Schema>> {
    const current = opened ??= openDB<Schema>(name, 1, {
      upgrade(database) {
        database.createObjectStore('calls', { keyPath: 'sequence', autoIncrement: true }).createIndex('owner', 'owner')
      },
      // Another tab has a later version of Convue, or the user deletes the data of the site.
      blocking: (_from, _to, event) => {
        (event.target as IDBDatabase).close()
        opened = undefined
      },
      terminated: () => opened = undefined,
    })
    current.catch(() => {
      if (opened === current)
        opened = undefined
    })
    return current
  }
}
