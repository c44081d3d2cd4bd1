import type { FunctionReference } from 'convex/server'
import type { IndexedDbOutboxOptions } from 'convue/offline'
import type { ScriptedPageOptions } from './scripted-page.ts'
import { makeFunctionReference } from 'convex/server'
import { useConvexMutation, useConvexQuery } from 'convue'
import { indexedDbOutbox, useConvexOutbox } from 'convue/offline'
import { IDBFactory } from 'fake-indexeddb'
import { onTestFinished, vi } from 'vitest'
import { stubBroadcastChannel } from './broadcast-channel.ts'
import { stubLocks } from './lock-manager.ts'
import { ScriptedPage } from './scripted-page.ts'
// The library `idb` needs the classes as globals.
import 'fake-indexeddb/auto'

export const notes = {
  list: makeFunctionReference<'query', Record<string, never>, string[]>('notes:list'),
  add: makeFunctionReference<'mutation', { text: string, offlineKey?: string }, string>('notes:add'),
}

/** What all pages of a browser share: its storage, its locks, and the rows of the deployment. */
export interface Browser {
  /** `<user>:<text>` of each note, in the order in which the notes were added. */
  readonly rows: string[]
  /** Every key that the deployment has received, with the text of its call. */
  readonly keys: string[]
  readonly locks: ReturnType<typeof stubLocks>
  open: (options?: OutboxPageOptions) => OutboxPage
}

export interface OutboxPageOptions extends ScriptedPageOptions {
  isReachable?: boolean
  storage?: IndexedDbOutboxOptions
}

/** A browser with an empty storage. Its deployment runs each key once, as `defineOfflineMutation` does. */
export function openBrowser(): Browser {
  vi.stubGlobal('indexedDB', new IDBFactory())
  stubBroadcastChannel()
  const locks = stubLocks()
  const rows: string[] = []
  const keys: string[] = []
  const results = new Map<string, string>()
  onTestFinished(() => void vi.unstubAllGlobals())

  return {
    rows,
    keys,
    locks,
    open: ({ isReachable = true, storage, ...options } = {}) => {
      const page = new OutboxPage({ user: 'ada', outbox: indexedDbOutbox(storage), ...options })
      page.deployment.isReachable = isReachable
      page.deployment.functions.set('notes:list', () => [...rows])
      page.deployment.functions.set('notes:add', ({ text, offlineKey }, subject) => {
        keys.push(`${offlineKey} ${text}`)
        if (text.startsWith('!'))
          throw new Error(`refused ${text}`)
        const known = results.get(offlineKey)
        if (known)
          return known
        rows.push(`${subject ?? 'anonymous'}:${text}`)
        results.set(offlineKey, `saved ${text}`)
        return `saved ${text}`
      })
      // Mounts the page, which then connects.
      void page.parts
      return page
    },
  }
}

/** Each tick also gives the browser real time for its hashes. */
const MOST_TICKS = 50_000

type Add = FunctionReference<'mutation', 'public', { text: string, offlineKey?: string }, string>

/** A page with a list of notes, and with a mutation that adds a note offline. */
export class OutboxPage extends ScriptedPage {
  readonly optimisticArgs: unknown[] = []
  #parts: ReturnType<OutboxPage['setUp']> | undefined

  get parts(): ReturnType<OutboxPage['setUp']> {
    return this.#parts ??= this.setUp()
  }

  setUp() {
    return this.run(() => ({
      outbox: useConvexOutbox(),
      list: useConvexQuery(notes.list),
      add: useConvexMutation<Add>(notes.add, {
        offline: true,
        optimisticUpdate: (store, args) => {
          this.optimisticArgs.push(args)
          store.setQuery(notes.list, {}, [...store.getQuery(notes.list, {}) ?? [], `…:${args.text}`])
        },
      }),
    })).result
  }

  add(text: string): Promise<string> {
    const result = this.parts.add.mutate({ text })
    // The test may never await it.
    result.catch(() => {})
    return result
  }

  /** `<text> <status>` of each call of the list. */
  get calls(): string[] {
    return this.parts.outbox.calls.value.map(({ args, status }) => `${args.text} ${status}`)
  }

  idOf(text: string): number {
    return this.parts.outbox.calls.value.find(({ args }) => args.text === text)!.id
  }

  /** Advances the timers until the condition holds. A hash of the browser needs real time. */
  async until(condition: () => boolean): Promise<void> {
    for (let ticks = 0; !condition(); ticks++) {
      if (ticks === MOST_TICKS)
        throw new Error(`The condition does not hold: ${JSON.stringify([this.calls, this.parts.outbox.error.value?.cause])}`)
      await this.tick()
    }
  }

  /** Until nothing waits: neither the storage, nor the lock, nor the deployment. */
  async settle(): Promise<void> {
    await this.until(() => this.calls.every(call => !/sending|waiting/.test(call)))
    await this.tick(100)
  }

  /** As if the user had closed the tab: from now on, the page neither sends nor receives. */
  kill(): void {
    for (const socket of this.deployment.sockets)
      socket.isCut = true
    this.end()
  }
}
