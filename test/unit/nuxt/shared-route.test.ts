import type { H3Event } from '../../../src/nuxt/runtime/server/nitro.ts'
import { expect, it, vi } from 'vitest'
import { sharedBy } from '../../../src/nuxt/runtime/server/utils/shared-route.ts'

const { rules } = vi.hoisted(() => ({ rules: { current: {} as object } }))
vi.mock('../../../src/nuxt/runtime/server/nitro.ts', () => ({ getRouteRules: () => rules.current }))

function eventOf(method = 'GET', context = {}): H3Event {
  return { method, path: '/', context, node: { req: {} } } as unknown as H3Event
}

it.each([
  [{ convue: { auth: false } }, 'the route rule `convue: { auth: false }`'],
  // Nitro turns `swr` into a rule `cache`.
  [{ cache: { swr: true } }, 'the route rule `cache` or `swr`'],
  [{ swr: 60 }, 'the route rule `swr`'],
  [{ isr: 60 }, 'the route rule `isr`'],
  [{ prerender: true }, 'the route rule `prerender`'],
  [{ cache: false, isr: false, convue: { auth: true } }, null],
])('sharedBy names the rule of %j', (current, name) => {
  rules.current = current
  expect(sharedBy(eventOf())).toBe(name)
  // Caches do not keep the response to this method.
  expect(sharedBy(eventOf('POST'))).toBeNull()
})

it('sharedBy names defineCachedEventHandler', () => {
  rules.current = {}
  expect(sharedBy(eventOf('GET', { cache: {} }))).toBe('`defineCachedEventHandler`')
})
