import type { ScriptedPageOptions } from '../../support/scripted/scripted-page.ts'
import { useAuthedQuery, useConvexAuth, useConvexClaims, useConvexClient, useConvexMutation, useConvexPaginatedQuery, useConvexQuery } from 'convue'
import { describe, expect, it } from 'vitest'
import { fakeToken } from '../../support/scripted/fake-token.ts'
import { openPage, page } from '../../support/scripted/identity-page.ts'
import { identityApi as api, leaveHint } from '../../support/scripted/identity.ts'
import { ScriptedAuthServer } from '../../support/scripted/scripted-auth-client.ts'

const openPublicPage = (options: ScriptedPageOptions = {}) => openPage({ user: 'ada', needsUser: false, ...options })

function expectNothingSent(): void {
  expect(page.source.requests).toHaveLength(0)
  expect(page.deployment.sockets).toHaveLength(0)
}

describe('createConvex', () => {
  describe('a page that does not depend on the user', () => {
    it('opens no socket and requests no token, however long it is open', async () => {
      openPublicPage()
      void page.convex
      await page.tick(3_600_000)
      expectNothingSent()
    })

    it('opens no socket after a hint, nor with the user and the token of a server', async () => {
      openPublicPage({ user: 'silent' })
      leaveHint(page.deployment)
      void page.convex
      await page.tick(60_000)
      expectNothingSent()
      openPublicPage({ initialAuth: { token: fakeToken('ada'), user: { id: 'ada' }, session: { id: 's' } } })
      void page.convex
      await page.tick(60_000)
      expectNothingSent()
    })

    it('requests the session once from Better Auth, and no token', async () => {
      const server = new ScriptedAuthServer('ada')
      openPublicPage({ authClient: server.createClient() as any })
      void page.convex
      await page.tick(60_000)
      expect(server.paths()).toEqual(['/get-session'])
      expect(page.deployment.sockets).toHaveLength(0)
    })

    it('shows `user` and `session`, also of a user who signs in, without a token', async () => {
      openPublicPage()
      const { user, session } = page.convex.auth
      expect(user.value).toMatchObject({ id: 'ada' })
      page.source.signIn('bea')
      await page.tick()
      expect([user.value?.id, session.value !== null]).toEqual(['bea', true])
      page.source.report({ status: 'signedOut' })
      expect([user.value, session.value]).toEqual([null, null])
      expectNothingSent()
    })

    it('opens an anonymous socket for a query with `auth: public`, and requests no token', async () => {
      openPublicPage()
      const { result } = page.run(() => useConvexQuery(api.whoami, {}, { auth: 'public' }))
      await page.tick(60_000)
      expect(result.data.value).toBe('anonymous')
      expect(page.source.requests).toHaveLength(0)
      expect(page.takeFrames().filter(frame => frame.startsWith('Authenticate'))).toEqual([])
    })

    it('signs out without a token', async () => {
      openPublicPage()
      await page.convex.auth.signOut()
      expect(page.convex.auth.user.value).toBeNull()
      expectNothingSent()
    })
  })

  describe('a page that begins to depend on the user', () => {
    const ways: [name: string, use: () => unknown][] = [
      ['a query', () => page.run(() => useConvexQuery(api.whoami))],
      ['a query that requires a user', () => page.run(() => useAuthedQuery(api.tasks, {}))],
      ['a paginated query', () => page.run(() => useConvexPaginatedQuery(api.tasks as any, {}, { initialNumItems: 1 }))],
      ['a mutation', () => page.run(() => useConvexMutation(api.add)).result.mutate({ text: 'Water the ferns' } as any)],
      ['a one-off query', () => page.run(() => useConvexClient()).result.query(api.whoami, {})],
      ['`client`', () => page.convex.client],
      ['`status`', () => page.convex.auth.status.value],
      ['`isAuthenticated`', () => page.convex.auth.isAuthenticated.value],
      ['`isLoading`', () => page.run(() => useConvexAuth()).result.isLoading.value],
      ['`ready()`', () => page.convex.auth.ready()],
      ['`refresh()`', () => {
        const refreshed = page.convex.auth.refresh()
        page.source.report(page.source.getSnapshot())
        return refreshed
      }],
      ['`useConvexClaims`', () => page.run(() => useConvexClaims())],
    ]

    it.each(ways)('requests a token and authenticates: %s', async (_name, use) => {
      openPublicPage()
      page.deployment.functions.set('tasks:add', () => null)
      void page.convex
      await page.tick(5000)
      expectNothingSent()
      const used = use()
      await page.tick(100)
      await Promise.race([used, page.tick(1)])
      expect(page.takeFrames().filter(frame => frame.startsWith('Authenticate'))).toHaveLength(1)
      expect(page.deployment.sockets).toHaveLength(1)
      expect(page.convex.auth.status.value).toBe('authenticated')
    })

    it('uses the token of a server, and requests none', async () => {
      openPublicPage({ initialAuth: { token: fakeToken('ada'), user: { id: 'ada' }, session: { id: 'session-of-ada' } } })
      void page.convex
      await page.tick(5000)
      const { result } = page.run(() => useConvexQuery(api.whoami))
      await page.tick()
      expect(result.data.value).toBe('ada')
      expect(page.source.requests).toHaveLength(0)
    })

    it('uses the user who is signed in at that time', async () => {
      openPublicPage()
      void page.convex
      await page.tick(5000)
      page.source.signIn('bea')
      await page.tick()
      const { result } = page.run(() => useConvexQuery(api.whoami))
      await page.tick()
      expect(result.data.value).toBe('bea')
    })
  })
})
