import { createServer } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { loadFunctions } from './functions-host.ts'

const BUILDERS = `import { actionGeneric as action, mutationGeneric as mutation, queryGeneric as query } from 'convex/server'
`

describe('globals of the default runtime', () => {
  it('are those of Convex\'s runtime, without those of Node', async () => {
    const { value } = await loadFunctions({
      'globals.ts': `${BUILDERS}
        const names = ['Buffer', 'require', 'global', 'setImmediate', 'WebSocket', 'queueMicrotask', 'MessageChannel', 'module',
          'BroadcastChannel', 'navigator', 'fetch', 'Request', 'Response', 'Headers', 'URL', 'URLSearchParams', 'crypto', 'CryptoKey',
          'ReadableStream', 'TransformStream', 'WritableStream', 'TextEncoder', 'TextDecoder', 'Blob', 'File', 'FormData',
          'AbortController', 'AbortSignal', 'setTimeout', 'setInterval', 'structuredClone', 'atob', 'btoa', 'console',
          'performance', 'Event', 'EventTarget', 'DOMException', 'WebAssembly', 'AsyncLocalStorage', 'Convex', 'self']
        const atLoad = { convex: typeof Convex, buffer: typeof Buffer }
        export const present = query({ handler: () => names.filter(name => globalThis[name] !== undefined) })
        export const others = query({ handler: () => ({
          ...atLoad,
          process: Object.keys(process),
          env: Object.keys(process.env),
          self: self === globalThis,
          cwd: typeof process.cwd,
          date: new Date(0).constructor === Date && new Date(5) instanceof Date,
        }) })`,
    })

    expect(await value('globals:present')).toEqual(['fetch', 'Request', 'Response', 'Headers', 'URL', 'URLSearchParams', 'crypto', 'CryptoKey', 'ReadableStream', 'TransformStream', 'WritableStream', 'TextEncoder', 'TextDecoder', 'Blob', 'File', 'FormData', 'AbortController', 'AbortSignal', 'setTimeout', 'setInterval', 'structuredClone', 'atob', 'btoa', 'console', 'performance', 'Event', 'EventTarget', 'DOMException', 'WebAssembly', 'AsyncLocalStorage', 'Convex', 'self'])
    expect(await value('globals:others')).toEqual({ convex: 'object', buffer: 'undefined', process: ['env'], env: [], self: true, cwd: 'undefined', date: true })
  })

  it('include a `fetch` that works in actions, even after the clock was set forward', async () => {
    const server = createServer((request, response) => {
      request.resume().on('end', () => response.end(request.method))
    }).listen(0)
    onTestFinished(() => void server.close())
    const { port } = server.address() as { port: number }
    const { host, value } = await loadFunctions({
      'net.ts': `${BUILDERS}
        export const get = action({ handler: async (_, { url }) => await (await fetch(url)).text() })
        export const post = action({ handler: async (_, { url }) => {
          const body = new FormData()
          body.set('file', new Blob(['hello']), 'a.txt')
          return await (await fetch(url, { method: 'POST', body })).text()
        } })`,
    })

    for (const ms of [0, 10_000, 24 * 60 * 60 * 1000]) {
      host.advanceClock(ms)
      expect(await value('net:get', { args: { url: `http://127.0.0.1:${port}` } })).toBe('GET')
      expect(await value('net:post', { args: { url: `http://127.0.0.1:${port}` } })).toBe('POST')
    }
  })
})

describe('a global that a call replaces', () => {
  it('is seen by this call only', async () => {
    const { value } = await loadFunctions({
      'globals.ts': `${BUILDERS}
        const epoch = new Date(0)
        const see = () => [typeof process, Date.name, epoch.constructor === Date, Math.random() === 4, typeof crypto]
        export const look = query({ handler: see })
        export const replace = mutation({ handler: async (ctx) => {
          Math = { random: () => 4 }
          globalThis.process = undefined
          Date = class Fake {}
          Object.getPrototypeOf(epoch).constructor = Date
          globalThis.crypto = undefined
          const before = see()
          await ctx.db.get('while another call runs')
          return [before, see()]
        } })`,
    })

    const usual = ['object', 'Date', true, false, 'object']
    const replaced = ['undefined', 'Fake', true, true, 'undefined']
    let meanwhile: unknown
    const answers = { '1.0/get': async () => {
      meanwhile = await value('globals:look')
      return null
    } }
    expect(await value('globals:replace', { answers })).toEqual([replaced, replaced])
    expect(meanwhile).toEqual(usual)
    expect(await value('globals:look')).toEqual(usual)
  })
})

describe('queries and mutations', () => {
  it('have a clock that stands still and repeatable random numbers', async () => {
    const { value } = await loadFunctions({
      'time.ts': `${BUILDERS}
        const once = async () => {
          const before = Date.now()
          for (let count = 0; count < 1e6; count++);
          const id = crypto.randomUUID()
          const bytes = Array.from(crypto.getRandomValues(new Uint8Array(4)))
          return { same: before === Date.now(), now: before, date: new Date().getTime(), random: Math.random(), id, bytes }
        }
        export const query1 = query({ handler: once })
        export const mutation1 = mutation({ handler: once })
        export const action1 = action({ handler: async () => ({ now: Date.now(), random: Math.random() }) })`,
    })

    const first = await value('time:query1', { now: 5000, seed: 7 })
    expect(first).toMatchObject({ same: true, now: 5000, date: 5000 })
    expect(await value('time:mutation1', { now: 5000, seed: 7 })).toEqual(first)
    expect((await value('time:mutation1', { now: 5000, seed: 8 })).random).not.toBe(first.random)
    const before = Date.now()
    expect((await value('time:action1')).now).toBeGreaterThanOrEqual(before - 1)
    expect((await value('time:action1')).random).not.toBe((await value('time:action1')).random)
  })

  it('refuse timers, fetch and random keys with Convex\'s error messages', async () => {
    const { failure, value } = await loadFunctions({
      'refused.ts': `${BUILDERS}
        export const timeout = query({ handler: () => { setTimeout(() => {}, 0) } })
        export const interval = mutation({ handler: () => { setInterval(() => {}, 0) } })
        export const fetching = mutation({ handler: async () => { await fetch('http://127.0.0.1:1') } })
        export const key = query({ handler: () => crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign']) })
        export const digest = query({ handler: async () => (await crypto.subtle.digest('SHA-256', new Uint8Array(1))).byteLength })`,
    })
    const words = (what: string) => `Uncaught Error: Can't use ${what} in queries and mutations. Please consider using an action. See https://docs.convex.dev/functions/actions for more details.`

    expect(await failure('refused:timeout')).toBe(words('setTimeout'))
    expect(await failure('refused:interval')).toBe(words('setInterval'))
    expect(await failure('refused:fetching')).toBe(words('fetch()'))
    expect(await failure('refused:key')).toBe(words('cryptographic randomness'))
    expect(await value('refused:digest')).toBe(32)
  })
})

describe('timers of actions', () => {
  it('fire on the deployment\'s clock, in order', async () => {
    const { host, run, value } = await loadFunctions({
      'timers.ts': `${BUILDERS}
        export const sleep = action({ handler: async () => {
          const start = Date.now()
          const order = []
          const late = new Promise(resolve => setTimeout(() => { order.push('late'); resolve() }, 3_600_000))
          const early = new Promise(resolve => setTimeout(() => { order.push('early'); resolve() }, 60_000))
          console.log('waiting')
          await Promise.all([late, early])
          return { order, hours: Math.round((Date.now() - start) / 3_600_000) }
        } })
        export const cleared = action({ handler: async () => {
          const fired = []
          clearTimeout(setTimeout(() => fired.push(1), 0))
          const id = setInterval(() => fired.push(2), 1)
          await new Promise(resolve => setTimeout(resolve, 30))
          clearInterval(id)
          const count = fired.length
          await new Promise(resolve => setTimeout(resolve, 30))
          return { onlyInterval: !fired.includes(1), some: count > 0, same: count === fired.length }
        } })`,
    }, { limits: false })

    const sleeping = run('timers:sleep')
    await value('timers:cleared')
    host.advanceClock(3_600_000)
    expect((await sleeping).outcome).toEqual({ status: 'success', json: '{"hours":1,"order":["early","late"]}' })
    expect(await value('timers:cleared')).toEqual({ onlyInterval: true, some: true, same: true })
  })
})
