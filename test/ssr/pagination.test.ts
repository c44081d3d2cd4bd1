import { renderToString } from '@vue/server-renderer'
import { createConvex, useAuthedPaginatedQuery, useConvexPaginatedQuery } from 'convue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createSSRApp, defineComponent, h, Suspense } from 'vue'
import { listApi } from '../support/scripted/scripted-list.ts'
import { ScriptedSource } from '../support/scripted/scripted-source.ts'

const opened = vi.fn()
class ForbiddenSocket {
  constructor(...args: unknown[]) {
    opened(...args)
  }
}

beforeEach(() => {
  vi.useFakeTimers()
  opened.mockClear()
})
afterEach(() => {
  expect(vi.getTimerCount(), 'timers that are left').toBe(0)
  expect(opened, 'sockets that were opened').not.toHaveBeenCalled()
  vi.useRealTimers()
})

describe('useConvexPaginatedQuery on a server', () => {
  const options = { initialNumItems: 3 }
  const Lists = defineComponent(() => {
    const lists = [
      useConvexPaginatedQuery(listApi.page, { of: 'a' }, options),
      useConvexPaginatedQuery(listApi.page, null, options),
      useAuthedPaginatedQuery(listApi.page, { of: 'a' }, options),
    ]
    for (const { loadMore } of lists)
      loadMore(3)
    return () => h('p', lists.map(({ status, results }) => `${status.value} ${results.value.length}`).join(', '))
  })
  const Awaiting = defineComponent(async () => {
    const { status } = await useConvexPaginatedQuery(listApi.page, { of: 'a' }, options)
    return () => h('b', status.value)
  })

  it.each([
    ['the identity is unknown', undefined, 'LoadingFirstPage 0, Paused 0, LoadingFirstPage 0'],
    ['the request is anonymous', null, 'LoadingFirstPage 0, Paused 0, Paused 0'],
  ])('is loading or paused, opens no socket and does not delay the page, while %s', async (_who, initialAuth, expected) => {
    const app = createSSRApp({ render: () => [h(Lists), h(Suspense, () => h(Awaiting))] })
    app.use(createConvex({
      url: 'https://happy-otter-123.convex.cloud',
      tokenSource: new ScriptedSource(),
      initialAuth,
      clientOptions: { webSocketConstructor: ForbiddenSocket as any },
    }))
    const html = await renderToString(app)
    expect(html).toContain(`<p>${expected}</p>`)
    expect(html).toContain('<b>LoadingFirstPage</b>')
  })
})
