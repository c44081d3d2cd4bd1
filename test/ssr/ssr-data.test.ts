import type { ConvexOptions, SsrOutcome } from 'convue'
import type { Component } from 'vue'
import { renderToString } from '@vue/server-renderer'
import { createConvex, useConvexQuery, usePreloadedQuery } from 'convue'
import { beforeEach, describe, expect, it } from 'vitest'
import { createSSRApp, defineComponent, h, Suspense } from 'vue'
import { fakeToken } from '../support/scripted/fake-token.ts'
import { api } from '../support/scripted/scripted-api.ts'
import { ScriptedSource } from '../support/scripted/scripted-source.ts'

/** Each query that was asked, and as whom. */
let asked: string[]
beforeEach(() => {
  asked = []
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
          asked.push(`${query.name} ${JSON.stringify(query.args)} as ${identity}`)
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

describe('a query on a server that asks', () => {
  it('is rendered with its answer, as the request\'s user, without being awaited', async () => {
    expect(await render(Shown, { initialAuth: ada })).toBe('<p>for ada success</p>')
    expect(asked).toEqual(['values:get {} as ada'])
  })

  it('is asked as nobody where nobody is there, or where it is public', async () => {
    const Public = defineComponent(() => {
      const { data } = useConvexQuery(api.values.get, {}, { auth: 'public' })
      return () => h('p', String(data.value))
    })
    expect(await render(Public, { initialAuth: ada })).toBe('<p>for null</p>')
    expect(await render(Shown, { initialAuth: null })).toBe('<p>for null success</p>')
  })

  it('is not asked while it is not known who is there, and nothing waits for it', async () => {
    const Awaiting = defineComponent(async () => {
      const { status } = await useConvexQuery(api.values.get)
      return () => h('p', status.value)
    })
    expect(await render(() => h(Suspense, [h('div', [h(Shown), h(Awaiting)])]))).toBe('<div><p>undefined pending</p><p>pending</p></div>')
    expect(asked).toEqual([])
  })

  it('is awaited, and shared by all who ask it: each of them is rendered with the answer', async () => {
    const Awaiting = defineComponent(async () => {
      const { data } = await useConvexQuery(api.values.get)
      const atOnce = String(data.value)
      return () => h('p', atOnce)
    })
    const html = await render(() => h(Suspense, [h('div', [h(Shown), h(Awaiting), h(Shown)])]), { initialAuth: ada })
    expect(html).toBe('<div><p>for ada success</p><p>for ada</p><p>for ada success</p></div>')
    expect(asked).toHaveLength(1)
  })

  it('that fails is state', async () => {
    const Failing = defineComponent(async () => {
      const { error, status } = await useConvexQuery(api.values.other)
      return () => h('p', `${error.value?.message} ${status.value}`)
    })
    expect(await render(() => h(Suspense, [h(Failing)]), { initialAuth: null })).toBe('<p>out of order error</p>')
  })

  it('is left to the browser with `ssr: false`, and where it was preloaded', async () => {
    const Left = defineComponent(async () => {
      const [{ status }, { data }] = await Promise.all([
        useConvexQuery(api.values.get, {}, { ssr: false }),
        usePreloadedQuery({ name: 'values:get', args: {}, value: 'preloaded', userId: null }),
      ])
      return () => h('p', `${status.value} ${data.value}`)
    })
    expect(await render(() => h(Suspense, [h(Left)]), { initialAuth: null })).toBe('<p>pending preloaded</p>')
    expect(asked).toEqual([])
  })
})
