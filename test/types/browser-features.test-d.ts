import type { SharedTabsSocket } from 'convue/tabs'
import { createConvex } from 'convue'
import { indexedDbOutbox } from 'convue/offline'
import { indexedDbStore } from 'convue/persist'
import { sharedTabs } from 'convue/tabs'
import { describe, expectTypeOf, it } from 'vitest'

const url = 'https://happy-otter-123.convex.cloud'

declare const createWorker: () => SharedWorker

describe('indexedDbStore: types', () => {
  it('is a store for the option `persist`', () => {
    createConvex({ url, persist: indexedDbStore() })
    // @ts-expect-error an outbox is not a store
    createConvex({ url, persist: indexedDbOutbox() })
    // @ts-expect-error the options are not a store
    createConvex({ url, persist: {} })
  })

  it('passes the name and the arguments of a query to `filter`', () => {
    indexedDbStore({
      version: '2',
      maxAgeMs: 1000,
      maxEntries: 10,
      maxCharacters: 1000,
      name: 'app',
      filter({ name, args }) {
        expectTypeOf(name).toEqualTypeOf<string>()
        return name !== 'tasks:list' && args.filter !== 'all'
      },
    })
    // @ts-expect-error a filter returns a boolean
    indexedDbStore({ filter: ({ name }) => name })
    // @ts-expect-error a version is a string
    indexedDbStore({ version: 2 })
    // @ts-expect-error the age is a number of milliseconds
    indexedDbStore({ maxAgeMs: '7d' })
    // @ts-expect-error there is no such option
    indexedDbStore({ maxAge: 1000 })
  })
})

describe('indexedDbOutbox: types', () => {
  it('is an outbox for the option `outbox`', () => {
    createConvex({ url, outbox: indexedDbOutbox({ name: 'app', onSignOut: 'keep' }) })
    // @ts-expect-error a store is not an outbox
    createConvex({ url, outbox: indexedDbStore() })
    // @ts-expect-error there is no such action
    indexedDbOutbox({ onSignOut: 'send' })
    // @ts-expect-error a name is a string
    indexedDbOutbox({ name: 1 })
    // @ts-expect-error there is no such option
    indexedDbOutbox({ version: '2' })
  })
})

describe('sharedTabs: types', () => {
  it('returns a class for the option `webSocketConstructor` of the client', () => {
    const webSocketConstructor = sharedTabs(createWorker)
    expectTypeOf(webSocketConstructor).toEqualTypeOf<SharedTabsSocket>()
    createConvex({ url, clientOptions: { webSocketConstructor } })
    // @ts-expect-error the function that starts the worker is not the class
    createConvex({ url, clientOptions: { webSocketConstructor: createWorker } })
  })

  it('requires a function that starts a shared worker', () => {
    sharedTabs(createWorker, { webSocketConstructor: WebSocket })
    // @ts-expect-error the function is required
    sharedTabs()
    // @ts-expect-error a worker belongs to one tab
    sharedTabs(() => new Worker('/worker.js'))
    // @ts-expect-error the worker starts only when it is needed
    sharedTabs(createWorker())
    // @ts-expect-error the sockets are a class
    sharedTabs(createWorker, { webSocketConstructor: new WebSocket(url) })
    // @ts-expect-error there is no such option
    sharedTabs(createWorker, { name: 'app' })
  })
})
