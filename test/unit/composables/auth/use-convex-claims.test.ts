import type { ConvexClaims } from 'convue'
import { useAuthedQuery, useConvexClaims } from 'convue'
import { describe, expect, it, vi } from 'vitest'
import { fakeToken } from '../../../support/scripted/fake-token.ts'
import { openPage, page } from '../../../support/scripted/identity-page.ts'
import { identityApi as api, recordTicks, subjectsOf } from '../../../support/scripted/identity.ts'
import { signedIn } from '../../../support/scripted/scripted-source.ts'

/** Signs a user in, whose tokens have these claims from now on. */
function signIn(userId: string, claims: Record<string, unknown> = {}, sessionId?: string): void {
  page.source.answer = () => ({ kind: 'token', token: fakeToken(userId, { claims, ...sessionId ? { sessionId } : {} }) })
  page.source.report(signedIn(userId, sessionId))
}

function useClaims() {
  const { claims, can } = useConvexClaims()
  return { claims, can, tasks: useAuthedQuery(api.tasks, {}) }
}

describe('useConvexClaims', () => {
  describe('claims', () => {
    it('are null until a token has been accepted, and then those of the token', async () => {
      openPage({ user: 'silent' })
      const { result } = page.run(useClaims)
      const ticks = recordTicks(() => [page.convex.auth.status.value, result.claims.value?.role ?? null])
      signIn('ada', { role: 'admin' })
      await page.tick()
      expect(ticks).toEqual(['["loading",null]', '["authenticating","admin"]', '["authenticated","admin"]'])
      expect(result.claims.value).toMatchObject({ sub: 'ada', role: 'admin', sessionId: 'session-of-ada' })
      expect(Object.keys(result.claims.value!)).not.toEqual(expect.arrayContaining(['exp']))
      expect(Object.keys(result.claims.value!)).not.toEqual(expect.arrayContaining(['iat']))
    })

    it('are null in the tick of a sign-out and of a switch to another user', async () => {
      openPage({ user: 'silent' })
      const { result } = page.run(useClaims)
      signIn('ada', { role: 'admin' })
      await page.tick()
      const seen = recordTicks(() => [page.convex.auth.user.value?.id ?? null, result.claims.value?.sub ?? null])
      signIn('bea')
      expect(result.claims.value).toBeNull()
      await page.tick()
      expect(result.claims.value?.sub).toBe('bea')
      page.source.report({ status: 'signedOut' })
      expect(result.claims.value).toBeNull()
      expect(seen).toEqual(['["ada","ada"]', '["bea",null]', '["bea","bea"]', '[null,null]'])
    })

    it('change with the token that the deployment receives, after the role has changed', async () => {
      openPage({ user: 'silent' })
      const { result } = page.run(useClaims)
      signIn('ada', { role: 'user' })
      await page.tick()
      expect([result.can('admin'), subjectsOf(page.deployment, 'tasks:list')]).toEqual([false, ['ada']])
      page.source.answer = () => ({ kind: 'token', token: fakeToken('ada', { claims: { role: 'admin' } }) })
      void page.convex.auth.refresh()
      page.source.report(signedIn('ada'))
      await page.tick()
      expect([result.can('admin'), subjectsOf(page.deployment, 'tasks:list')]).toEqual([true, ['ada', 'ada']])
    })

    it('remain the same object after a renewal with equal claims', async () => {
      openPage({ user: 'silent' })
      const { result } = page.run(useClaims)
      page.source.answer = () => ({ kind: 'token', token: fakeToken('ada', { claims: { teams: ['a', 'b'], serial: 0 } }) })
      page.source.report(signedIn('ada'))
      await page.tick()
      const claims = result.claims.value
      expect(claims?.teams).toEqual(['a', 'b'])
      await page.tick(900_000)
      expect(page.source.requests.length).toBeGreaterThan(1)
      expect(result.claims.value).toBe(claims)
    })

    it('are those of the token that a server has passed', () => {
      openPage({ user: 'silent', initialAuth: { token: fakeToken('ada', { claims: { role: 'admin' } }), user: { id: 'ada' }, session: { id: 'session-of-ada' } } })
      const { result } = page.run(useClaims)
      expect([result.claims.value?.sub, result.can('admin')]).toEqual(['ada', true])
    })

    it('are null without tokens', async () => {
      openPage({ user: 'ada', tokens: false })
      const { result } = page.run(useClaims)
      await page.tick()
      expect([page.convex.auth.status.value, result.claims.value]).toEqual(['authenticated', null])
    })
  })

  describe('can', () => {
    it.each<[claim: unknown, condition: string | string[], expected: boolean]>([
      ['admin', 'admin', true],
      ['admin', 'owner', false],
      ['user, admin', 'admin', true],
      [['user', 'admin'], 'admin', true],
      ['user', ['owner', 'user'], true],
      ['user', [], false],
      ['administrator', 'admin', false],
      [undefined, 'admin', false],
      [null, 'null', false],
      [7, 'admin', false],
      [[null], 'admin', false],
    ])('with the role %j and the condition %j is %s', async (role, condition, expected) => {
      openPage({ user: 'silent' })
      const { result } = page.run(useClaims)
      signIn('ada', { role })
      await page.tick()
      expect(result.can(condition)).toBe(expected)
    })

    it('calls a condition with the claims, and not without a token', async () => {
      openPage()
      const { result } = page.run(useClaims)
      const isPro = vi.fn((claims: ConvexClaims) => claims.plan === 'pro')
      expect(result.can(isPro)).toBe(false)
      expect(isPro).not.toHaveBeenCalled()
      signIn('ada', { plan: 'pro' })
      await page.tick()
      expect(result.can(isPro)).toBe(true)
    })

    it('is reactive', async () => {
      openPage()
      const { result } = page.run(useClaims)
      const ticks = recordTicks(() => result.can('admin'))
      signIn('ada', { role: 'admin' })
      await page.tick()
      page.source.report({ status: 'signedOut' })
      expect(ticks).toEqual(['false', 'true', 'false'])
    })
  })
})
