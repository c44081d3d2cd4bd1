import type { ConvexRequest } from '../../../src/server/index.ts'
import { describe, expect, it, vi } from 'vitest'
import { createAssumptions } from '../../../src/nuxt/runtime/server/utils/assumed-identity.ts'
import { deferred } from '../../../src/testing/functions/deferred.ts'

vi.mock('../../../src/nuxt/runtime/server/nitro.ts', () => ({ getRouteRules: () => ({}) }))

const session = { id: 'session of ada' }
const reported = { user: { id: 'ada', plan: 'pro' }, session }
const request = {
  getTokenAuth: async () => ({ user: { id: 'ada' }, session, token: 'token' }),
} as unknown as ConvexRequest

/** The outcome of one page: how often it was rendered, and for which identity first. */
interface Rendered { renderings: number, identity: 'assumed' | 'assumed, components wait' | 'confirmed' }

/**
 * A server of pages that read `user.plan`, which no token has: in a component, which waits for the
 * session if it must, or in a middleware, which does not wait.
 */
function startServer(reader: 'component' | 'middleware') {
  const nitro: any = { router: { handler: (event: any) => event.render(event) } }
  nitro.h3App = { stack: [{ handler: nitro.router.handler }] }
  const assume = createAssumptions(nitro, () => {})

  /** @param mayReport Resolves when the session may be reported. It is reported only after the page has read the field. */
  async function get(mayReport = Promise.resolve()): Promise<Rendered> {
    const page: Rendered = { renderings: 0, identity: 'confirmed' }
    const { promise: isRead, resolve: read } = deferred<void>()
    async function findIdentity(): Promise<any> {
      await Promise.all([isRead, mayReport])
      return reported
    }
    async function renderPage(event: any): Promise<void> {
      page.renderings++
      const assumed = await assume(event, request, findIdentity)
      if (!assumed)
        return
      page.identity = assumed.isAwaited ? 'assumed, components wait' : 'assumed'
      if (reader === 'component' && assumed.isAwaited) {
        read()
        await assumed.outcome
      }
      void assumed.auth.user.plan
      read()
    }
    const res = { statusCode: 200, getHeaders: () => ({}), getHeaderNames: () => [], setHeader() {}, removeHeader() {} }
    await nitro.h3App.stack[0].handler({ method: 'GET', render: renderPage, node: { res } })
    return page
  }

  return { get }
}

describe('createAssumptions', () => {
  it('lets components wait for the session once a page has read a field that tokens lack', async () => {
    const server = startServer('component')
    expect(await server.get()).toEqual({ renderings: 2, identity: 'assumed' })
    for (let visit = 0; visit < 3; visit++)
      expect(await server.get()).toEqual({ renderings: 1, identity: 'assumed, components wait' })
  })

  it('stops assuming identities once a middleware, which cannot wait, has read such a field', async () => {
    const server = startServer('middleware')
    expect(await server.get()).toEqual({ renderings: 2, identity: 'assumed' })
    expect(await server.get()).toEqual({ renderings: 2, identity: 'assumed, components wait' })
    for (let visit = 0; visit < 3; visit++)
      expect(await server.get()).toEqual({ renderings: 1, identity: 'confirmed' })
  })

  it('does not assume identities again when a page ends that began before they stopped', async () => {
    const server = startServer('middleware')
    const { promise: sessionOfFirst, resolve: reportSessionOfFirst } = deferred<void>()
    const first = server.get(sessionOfFirst)
    await server.get()
    await server.get()
    reportSessionOfFirst()
    expect(await first).toEqual({ renderings: 2, identity: 'assumed' })
    expect(await server.get()).toEqual({ renderings: 1, identity: 'confirmed' })
  })
})
