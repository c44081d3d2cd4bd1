import type { InitialAuth, Preloaded } from 'convue'
import type { Component } from 'vue'
import { renderToString } from '@vue/server-renderer'
import { createConvex, defineConvexQuery, prefetchConvexQuery, useConvexAuth, useConvexQueries, useConvexQuery, usePreloadedQuery } from 'convue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createSSRApp, defineComponent, h, Suspense } from 'vue'
import { fakeToken } from '../support/scripted/fake-token.ts'
import { api } from '../support/scripted/scripted-api.ts'
import { ScriptedSource } from '../support/scripted/scripted-source.ts'

const started = vi.fn()
class ForbiddenSocket {
  constructor() {
    started()
  }
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('WebSocket', ForbiddenSocket)
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(started as any)
})
afterEach(() => {
  expect(started, 'timers and sockets that were started').not.toHaveBeenCalled()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

/** Renders a component under Suspense as a server does: an app and a plugin for each request. */
function render(root: Component, initialAuth?: InitialAuth | null): Promise<string> {
  const app = createSSRApp(defineComponent(() => () => h(Suspense, () => h(root))))
  app.use(createConvex({ url: 'https://happy-otter-123.convex.cloud', tokenSource: new ScriptedSource(), initialAuth }))
  return renderToString(app)
}

function initialAuthOf(name: string): InitialAuth {
  return { token: fakeToken(name), user: { id: name, name }, session: { id: `session-of-${name}`, userId: name } }
}

describe('queries on a server', () => {
  it('useConvexQueries is pending, and awaiting it settles at once', async () => {
    expect(await render(defineComponent(async () => {
      const results = await useConvexQueries(() => ({ list: { query: api.messages.list, args: { channel: 'a' } }, paused: undefined }))
      return () => h('p', Object.entries(results).map(([key, { status }]) => `${key} ${status}`).join())
    }))).toBe('<p>list pending,paused paused</p>')
  })

  it('prefetchConvexQuery resolves at once', async () => {
    expect(await render(defineComponent(async () => {
      await prefetchConvexQuery(api.messages.list, { channel: 'a' })
      return () => h('p', 'done')
    }))).toBe('<p>done</p>')
  })

  it('defineConvexQuery shares a query within one request, and not across requests', async () => {
    const setUps = vi.fn()
    const useWho = defineConvexQuery(() => {
      setUps()
      const { user } = useConvexAuth()
      return useConvexQuery(api.users.whoami, {}, { initialData: `of ${user.value?.name}` })
    })
    const Part = defineComponent(async () => {
      const { data } = await useWho()
      return () => h('i', data.value ?? '')
    })
    const Page = defineComponent(() => () => [h(Part), h(Part)])
    const pages = await Promise.all([render(Page, initialAuthOf('ada')), render(Page, initialAuthOf('bob')), render(Page, null)])
    expect(pages.map(html => html.replace(/<!--.*?-->/g, ''))).toEqual([
      '<i>of ada</i><i>of ada</i>',
      '<i>of bob</i><i>of bob</i>',
      '<i>of undefined</i><i>of undefined</i>',
    ])
    expect(setUps).toHaveBeenCalledTimes(3)
  })

  it('usePreloadedQuery shows its value only to the user for whom it was preloaded', async () => {
    const preloaded: Preloaded<typeof api.users.whoami> = { name: 'users:whoami', args: {}, value: 'ada', userId: 'ada' }
    const Page = defineComponent(async () => {
      const { data, status, isStale } = await usePreloadedQuery(preloaded)
      return () => h('p', `${data.value} ${status.value} ${isStale.value}`)
    })
    expect(await render(Page, initialAuthOf('ada'))).toBe('<p>ada success true</p>')
    expect(await render(Page, initialAuthOf('bob'))).toBe('<p>undefined pending false</p>')
    expect(await render(Page, null)).toBe('<p>undefined pending false</p>')
    expect(await render(Page)).toBe('<p>ada success true</p>')
  })
})
