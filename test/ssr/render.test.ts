import type { ConvexOptions, InitialAuth } from 'convue'
import type { Component } from 'vue'
import { convexClient } from '@convex-dev/better-auth/client/plugins'
import { renderToString } from '@vue/server-renderer'
import { createAuthClient } from 'better-auth/vue'
import { Authenticated, AuthLoading, createConvex, Unauthenticated, useAuthedQuery, useConvexAction, useConvexAuth, useConvexClient, useConvexConnectionState, useConvexMutation, useConvexOnline, useConvexQuery } from 'convue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createSSRApp, defineComponent, h, Suspense } from 'vue'
import { fakeToken } from '../support/scripted/fake-token.ts'
import { api } from '../support/scripted/scripted-api.ts'
import { ScriptedSource } from '../support/scripted/scripted-source.ts'

const url = 'https://happy-otter-123.convex.cloud'

const opened = vi.fn()
class ForbiddenSocket {
  constructor(...args: unknown[]) {
    opened(...args)
  }
}

beforeEach(() => {
  vi.useFakeTimers()
  opened.mockClear()
  vi.stubGlobal('WebSocket', ForbiddenSocket)
  vi.stubGlobal('BroadcastChannel', ForbiddenSocket)
})
afterEach(() => {
  expect(vi.getTimerCount(), 'timers that are left').toBe(0)
  expect(opened, 'sockets and channels that were opened').not.toHaveBeenCalled()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

/** Renders a component as a server does: an app and a plugin for each request. */
function render(root: Component, options: Partial<ConvexOptions> = {}): Promise<string> {
  const app = createSSRApp(root)
  app.use(createConvex({
    url,
    clientOptions: { webSocketConstructor: ForbiddenSocket as any },
    // As on any server, the provider does not answer.
    ...options.authClient ? {} : { tokenSource: new ScriptedSource() },
    ...options,
  }))
  return renderToString(app)
}

function initialAuthOf(name: string): InitialAuth {
  return { token: fakeToken(name), user: { id: name, name }, session: { id: `session-of-${name}`, userId: name } }
}

/** Uses every composable that reads or writes. */
const Everything = defineComponent(() => {
  const query = useConvexQuery(api.messages.list, { channel: 'a' })
  const mine = useAuthedQuery(api.users.whoami)
  const free = useConvexQuery(api.users.whoami, {}, { auth: 'public' })
  const { status, user } = useConvexAuth()
  const { isPending } = useConvexMutation(api.messages.send)
  const { isPending: isRunning } = useConvexAction(api.values.run)
  const connection = useConvexConnectionState()
  const isOnline = useConvexOnline()
  useConvexClient()
  return () => h('p', JSON.stringify([query.status.value, mine.status.value, free.status.value, status.value, user.value?.name, isPending.value, isRunning.value, connection.value.isWebSocketConnected, isOnline.value]))
})

const text = (html: string): unknown => JSON.parse(html.replaceAll('&quot;', '"').replace(/<[^>]*>/g, ''))

describe('createConvex on a server', () => {
  it('opens no socket, starts no timer, sends no request and adds no listener', async () => {
    const timers = vi.spyOn(globalThis, 'setTimeout')
    const fetched = vi.fn()
    const authClient = createAuthClient({ baseURL: 'http://localhost:5173', plugins: [convexClient()], fetchOptions: { customFetchImpl: fetched } })
    expect(text(await render(Everything, { authClient }))).toEqual(['pending', 'pending', 'pending', 'loading', null, false, false, false, true])
    expect(fetched).not.toHaveBeenCalled()
    expect(timers).not.toHaveBeenCalled()
  })

  it('neither subscribes to the provider nor requests a token', async () => {
    const source = new ScriptedSource({ status: 'signedIn', userId: 'ada', sessionId: 's', user: { name: 'ada' }, session: {} })
    await render(Everything, { tokenSource: source })
    expect(source.listenerCount).toBe(0)
    expect(source.requests).toEqual([])
  })

  it('renders the identity of `initialAuth`', async () => {
    expect(text(await render(Everything, { initialAuth: initialAuthOf('ada') }))).toEqual(['pending', 'pending', 'pending', 'authenticated', 'ada', false, false, false, true])
    expect(text(await render(Everything, { initialAuth: null }))).toEqual(['pending', 'paused', 'pending', 'unauthenticated', null, false, false, false, true])
  })

  it('renders the auth components for the identity of `initialAuth`', async () => {
    const Root = defineComponent(() => () => h('main', [
      h(Authenticated, () => 'signed in'),
      h(Unauthenticated, () => 'anonymous'),
      h(AuthLoading, () => 'loading'),
    ]))
    expect(await render(Root, { initialAuth: initialAuthOf('ada') })).toContain('signed in')
    expect(await render(Root, { initialAuth: null })).toContain('anonymous')
    expect(await render(Root)).toContain('loading')
  })

  it('renders initial data', async () => {
    const Root = defineComponent(() => {
      const { data, status, isStale } = useConvexQuery(api.messages.count, { channel: 'a' }, { initialData: 3, transform: count => count + 1 })
      return () => h('p', `${data.value} ${status.value} ${isStale.value}`)
    })
    expect(await render(Root)).toBe('<p>4 success true</p>')
  })

  it('shares nothing with another page that is rendered at the same time', async () => {
    const Slow = defineComponent({
      async setup() {
        const { user } = useConvexAuth()
        const query = useConvexQuery(api.messages.list, { channel: 'a' }, { initialData: [{ _id: '1', body: `of ${user.value?.name}` }] })
        await Promise.resolve()
        await query
        await Promise.resolve()
        return () => h('p', `${user.value?.name}: ${query.data.value[0]?.body}`)
      },
    })
    const Root = defineComponent(() => () => h(Suspense, () => h(Slow)))
    const pages = await Promise.all([
      render(Root, { initialAuth: initialAuthOf('ada') }),
      render(Root, { initialAuth: initialAuthOf('bob') }),
      render(Root, { initialAuth: null }),
    ])
    expect(pages).toEqual(['<p>ada: of ada</p>', '<p>bob: of bob</p>', '<p>undefined: of undefined</p>'])
  })
})

describe('awaiting a composable on a server', () => {
  it('settles at once, also while the query is pending', async () => {
    const timers = vi.spyOn(globalThis, 'setTimeout')
    const Later = defineComponent({
      async setup() {
        const [one, two] = await Promise.all([useConvexQuery(api.messages.list, { channel: 'a' }), useAuthedQuery(api.users.whoami)])
        return () => h('p', `${one.status.value} ${two.status.value}`)
      },
    })
    expect(await render(defineComponent(() => () => h(Suspense, () => h(Later))))).toBe('<p>pending pending</p>')
    expect(timers).not.toHaveBeenCalled()
  })

  it('resolves `ready` at once', async () => {
    const Later = defineComponent({
      async setup() {
        const { ready } = useConvexAuth()
        const isReady = await ready()
        return () => h('p', String(isReady))
      },
    })
    const Root = defineComponent(() => () => h(Suspense, () => h(Later)))
    expect(await render(Root, { initialAuth: initialAuthOf('ada') })).toBe('<p>true</p>')
    expect(await render(Root)).toBe('<p>undefined</p>')
    expect(await render(Root, { initialAuth: null })).toBe('<p>false</p>')
  })
})

describe('calls on a server', () => {
  it('reject with CLIENT_UNAVAILABLE, its reason and its fix', async () => {
    const failures: unknown[] = []
    const convex = createConvex({ url })
    const app = createSSRApp(defineComponent(() => {
      const client = useConvexClient()
      const { mutate } = useConvexMutation(api.messages.send)
      const { refresh } = useConvexQuery(api.messages.list, { channel: 'a' })
      void mutate({ channel: 'a', body: 'b' }).catch(error => failures.push(error))
      void client.mutation(api.messages.send, { channel: 'a', body: 'b' }).catch(error => failures.push(error))
      void client.query(api.users.whoami).catch(error => failures.push(error))
      void client.action(api.values.run, {}).catch(error => failures.push(error))
      void refresh()
      return () => h('p')
    }))
    app.use(convex)
    await renderToString(app)
    expect(failures).toHaveLength(4)
    for (const failure of failures)
      expect(failure).toMatchObject({ code: 'CLIENT_UNAVAILABLE', why: expect.stringContaining('server'), fix: expect.stringContaining('onMounted') })
    expect(() => convex.client).toThrow(expect.objectContaining({ code: 'CLIENT_UNAVAILABLE' }))
    await convex.close()
  })
})
