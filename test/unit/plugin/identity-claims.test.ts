import type { SessionSnapshot } from 'convue'
import { useAuthedQuery } from 'convue'
import { describe, expect, it } from 'vitest'
import { fakeToken } from '../../support/scripted/fake-token.ts'
import { openPage, page } from '../../support/scripted/identity-page.ts'
import { identityApi as api, leaveHint, recordTicks } from '../../support/scripted/identity.ts'
import { signedIn } from '../../support/scripted/scripted-source.ts'

const ADA = signedIn('ada')

/** Ada's session with an organization, and her role. */
function inOrganization(activeOrganizationId: string | null, role?: string): SessionSnapshot {
  return { ...ADA, user: { ...ADA.user as object, ...(role ? { role } : {}) }, session: { ...ADA.session as object, activeOrganizationId } }
}

/**
 * A page on which ada is authenticated. The deployment returns the organization that the token
 * names.
 */
async function openAuthenticated() {
  const { source, deployment, convex } = openPage({ user: 'silent' })
  let organization: string | null = 'first'
  source.answer = () => ({ kind: 'token', token: fakeToken('ada', { claims: { organization } }) })
  source.refresh = () => {
    source.refreshes++
    queueMicrotask(() => source.report(source.getSnapshot()))
  }
  let claims: { organization?: string | null } = {}
  deployment.onFrame = (frame) => {
    if (frame.type === 'Authenticate')
      claims = JSON.parse(atob(frame.value.split('.')[1]))
  }
  deployment.functions.set('tasks:list', () => `tasks of ${claims.organization}`)
  source.report(inOrganization('first'))
  const { result: tasks } = page.run(() => useAuthedQuery(api.tasks, {}))
  await page.tick()
  expect(tasks.data.value).toBe('tasks of first')
  expect(source.requests).toHaveLength(1)
  page.takeFrames()
  const setOrganization = (next: string | null): unknown => organization = next
  return { source, deployment, auth: convex.auth, tasks, setOrganization }
}

describe('createConvex: changed session data under an unchanged session id', () => {
  it.each([
    ['data of the session, as after `organization.setActive`', inOrganization('second')],
    ['data of the user, as after `updateUser`', inOrganization('first', 'admin')],
  ])('cause one token request, after which the queries run with the new claims: %s', async (_name, snapshot) => {
    const { source, tasks, auth, setOrganization } = await openAuthenticated()
    const ticks = recordTicks(() => [auth.status.value, tasks.data.value, tasks.isStale.value])
    setOrganization('second')
    source.report(snapshot)
    await page.tick()
    expect(page.takeFrames()).toEqual(['Authenticate'])
    expect(source.requests).toHaveLength(2)
    expect(source.lastRequest.force).toBe(true)
    expect(ticks.map(tick => JSON.parse(tick))).toEqual([
      ['authenticated', 'tasks of first', false],
      ['authenticated', 'tasks of second', false],
    ])
    source.report(structuredClone(snapshot))
    await page.tick()
    expect(source.requests).toHaveLength(2)
  })

  it('cause no token request if the provider reports the session only after its token', async () => {
    const { source, deployment } = openPage({ user: 'silent' })
    source.answer = () => ({ kind: 'token', token: fakeToken('ada', { claims: { name: 'Ada', role: 'admin' } }) })
    leaveHint(deployment)
    const { convex } = page
    await page.tick()
    expect(convex.auth.status.value).toBe('authenticated')
    source.report(inOrganization('first', 'user'))
    await page.tick()
    expect(source.requests).toHaveLength(1)
  })

  it('cause no token request if the fields that `initialAuth` contains have not changed', async () => {
    const { source, convex } = openPage({
      user: 'silent',
      initialAuth: { token: fakeToken('ada'), user: { id: 'ada', createdAt: '2025-01-01' }, session: { id: 'session-of-ada' } },
    })
    source.report(inOrganization('first'))
    await page.tick()
    expect(convex.auth.status.value).toBe('authenticated')
    expect(source.requests).toHaveLength(0)
  })

  it('take effect on the next connection if the connection was lost', async () => {
    const { source, deployment, tasks, setOrganization } = await openAuthenticated()
    deployment.isReachable = false
    deployment.drop()
    setOrganization('second')
    source.report(inOrganization('second'))
    await page.tick(2000)
    deployment.isReachable = true
    await page.tick(30_000)
    expect(tasks.data.value).toBe('tasks of second')
    expect(source.requests).toHaveLength(2)
  })
})

describe('useConvexAuth', () => {
  describe('refresh', () => {
    it('requests the session and a token, and resolves once queries run with the new claims', async () => {
      const { source, tasks, auth, setOrganization } = await openAuthenticated()
      const ticks = recordTicks(() => [auth.status.value, tasks.data.value, tasks.isStale.value])
      setOrganization('second')
      const done = auth.refresh()
      await page.tick()
      await done
      expect(page.takeFrames()).toEqual(['Authenticate'])
      expect(tasks.data.value).toBe('tasks of second')
      expect([source.refreshes, source.requests.length]).toEqual([1, 2])
      expect(ticks).toHaveLength(2)
    })

    it('makes only one token request, even if the session data have changed too', async () => {
      const { source, auth } = await openAuthenticated()
      source.refresh = () => source.report(inOrganization('second'))
      const done = auth.refresh()
      await page.tick()
      await done
      expect(source.requests).toHaveLength(2)
      expect(auth.session.value).toMatchObject({ activeOrganizationId: 'second' })
    })

    it('signs the user out if a server route has ended the session', async () => {
      const { source, auth, tasks } = await openAuthenticated()
      source.refresh = () => source.report({ status: 'signedOut' })
      await auth.refresh()
      expect([auth.status.value, tasks.data.value]).toEqual(['unauthenticated', undefined])
      expect(source.requests).toHaveLength(1)
    })

    it('signs the user in if a server route has created a session', async () => {
      const { source, convex } = openPage()
      source.answer = () => ({ kind: 'token', token: fakeToken('ada') })
      source.refresh = () => source.report(ADA)
      expect(convex.auth.status.value).toBe('unauthenticated')
      const done = convex.auth.refresh()
      await page.tick()
      await done
      expect(convex.auth.status.value).toBe('authenticated')
    })

    it('resolves and keeps the data if the token request fails', async () => {
      const { source, auth, tasks } = await openAuthenticated()
      source.answer = () => ({ kind: 'failed', error: new Error('503') })
      const done = auth.refresh()
      await page.tick()
      await done
      expect([auth.status.value, tasks.data.value]).toEqual(['authenticated', 'tasks of first'])
    })

    it('requests a token at once, even during a long back-off', async () => {
      const { source, auth } = await openAuthenticated()
      source.answer = () => ({ kind: 'failed', error: new Error('429'), retryAfterMs: 86_400_000 })
      await Promise.all([auth.refresh(), page.tick()])
      source.answer = () => ({ kind: 'token', token: fakeToken('ada') })
      page.takeFrames()
      await Promise.all([auth.refresh(), page.tick()])
      expect(page.takeFrames()).toEqual(['Authenticate'])
    })

    it('resolves if the plugin is closed before or during the call', async () => {
      const { auth } = await openAuthenticated()
      const done = auth.refresh()
      await page.close()
      await done
      await auth.refresh()
    })
  })
})
