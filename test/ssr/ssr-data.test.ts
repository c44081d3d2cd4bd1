import type { ConvexOptions, SsrOutcome } from 'convue'
import type { Component } from 'vue'
import { renderToString } from '@vue/server-renderer'
import { createConvex, useConvexQuery, usePreloadedQuery } from 'convue'
import { beforeEach, describe, expect, it } from 'vitest'
import { createSSRApp, defineComponent, h, Suspense } from 'vue'
import { fakeToken } from '../support/scripted/fake-token.ts'
import { api } from '../support/scripted/scripted-api.ts'
import { ScriptedSource } from '../support/scripted/scripted-source.ts'

/** The queries that ran, with the identity of each. */
let requested: string[]
beforeEach(() => {
  requested = []
})

/** Renders as a server that fetches each query once and gets its result after a moment. */
async function render(root: Component, options: Partial<ConvexOptions> = {}): Promise<string> {
  const outcomes = new Map<string, Promise<SsrOutcome>>()
  const app = createSSRApp(root)
  app.use(createConvex({
    url: 'https://happy-otter-123.convex.cloud',
    tokenSource: new ScriptedSource(),
    ssrData: {
      fetch(query, identity) {
        if (identity === undefined)
          return undefined
        if (!outcomes.has(query.key)) {
          requested.push(`${query.name} ${JSON.stringify(query.args)} as ${identity}`)
          outcomes.set(query.key, new Promise(resolve => setTimeout(() => resolve(query.name === 'values:other'
            ? { status: 'error', error: new Error('out of order') }
            : { status: 'success', value: `for ${identity}` }), 5)))
        }
        return outcomes.get(query.key)!
      },
    },
    ...options,
  }))
  return (await renderToString(app)).replaceAll('&quot;', '"').replaceAll(/<!--.*?-->/g, '')
}

const ada = { token: fakeToken('ada'), user: { id: 'ada' }, session: { id: 'session-of-ada' } }
const Shown = defineComponent(() => {
  const { data, status } = useConvexQuery(api.values.get)
  return () => h('p', `${data.value} ${status.value}`)
})

describe('SsrData.fetch', () => {
  it('runs as the request\'s user, and the result is rendered without an await', async () => {
    expect(await render(Shown, { initialAuth: ada })).toBe('<p>for ada success</p>')
    expect(requested).toEqual(['values:get {} as ada'])
  })

  it('runs anonymously for an anonymous request and for a public query', async () => {
    const Public = defineComponent(() => {
      const { data } = useConvexQuery(api.values.get, {}, { auth: 'public' })
      return () => h('p', String(data.value))
    })
    expect(await render(Public, { initialAuth: ada })).toBe('<p>for null</p>')
    expect(await render(Shown, { initialAuth: null })).toBe('<p>for null success</p>')
  })

  it('can leave a query to the browser, and no component then waits for the query', async () => {
    const Awaiting = defineComponent(async () => {
      const { status } = await useConvexQuery(api.values.get)
      return () => h('p', status.value)
    })
    expect(await render(() => h(Suspense, [h('div', [h(Shown), h(Awaiting)])]))).toBe('<div><p>undefined pending</p><p>pending</p></div>')
    expect(requested).toEqual([])
  })

  it('runs a shared query once, and each component renders its result', async () => {
    const Awaiting = defineComponent(async () => {
      const { data } = await useConvexQuery(api.values.get)
      const atOnce = String(data.value)
      return () => h('p', atOnce)
    })
    const html = await render(() => h(Suspense, [h('div', [h(Shown), h(Awaiting), h(Shown)])]), { initialAuth: ada })
    expect(html).toBe('<div><p>for ada success</p><p>for ada</p><p>for ada success</p></div>')
    expect(requested).toHaveLength(1)
  })

  it('renders the error and the status of a query that fails', async () => {
    const Failing = defineComponent(async () => {
      const { error, status } = await useConvexQuery(api.values.other)
      return () => h('p', `${error.value?.message} ${status.value}`)
    })
    expect(await render(() => h(Suspense, [h(Failing)]), { initialAuth: null })).toBe('<p>out of order error</p>')
  })

  it('is not called with `ssr: false`, nor for a preloaded query', async () => {
    const Left = defineComponent(async () => {
      const [{ status }, { data }] = await Promise.all([
        useConvexQuery(api.values.get, {}, { ssr: false }),
        usePreloadedQuery({ name: 'values:get', args: {}, value: 'preloaded', userId: null }),
      ])
      return () => h('p', `${status.value} ${data.value}`)
    })
    expect(await render(() => h(Suspense, [h(Left)]), { initialAuth: null })).toBe('<p>pending preloaded</p>')
    expect(requested).toEqual([])
  })
})
