import type { InitialAuth } from '../../../src/token/auth-engine.ts'
import { useAuthedQuery, useConvexMutation, useConvexPaginatedQuery, useConvexQueries, useConvexQuery } from 'convue'
import { describe, expect, it, vi } from 'vitest'
import { expectConsole } from '../../support/environment/console-guard.ts'
import { openPage, page } from '../../support/scripted/identity-page.ts'
import { identityApi as api, leaveHint, recordTicks, subjectsOf } from '../../support/scripted/identity.ts'
import { html, json, noAnswer, ScriptedAuthServer, sessionOf } from '../../support/scripted/scripted-auth-client.ts'

let server: ScriptedAuthServer

function openAuthPage(user: string | null, tokens?: boolean, initialAuth?: InitialAuth | null) {
  server = new ScriptedAuthServer(user)
  server.answers['/convex/token'] = html(404)
  const authClient = server.createClient()
  openPage({ authClient, initialAuth, ...(tokens === undefined ? {} : { tokens }) })
  const { result } = page.run(() => ({
    tasks: useAuthedQuery(api.tasks, {}),
    me: useConvexQuery(api.whoami),
    add: useConvexMutation(api.add),
    several: useConvexQueries({ tasks: { query: api.tasks, args: {}, auth: 'required' } }),
    pages: useConvexPaginatedQuery(api.tasks as any, {}, { initialNumItems: 1, auth: 'required' }),
  }))
  return { authClient, auth: page.convex.auth, ...result }
}

describe('createConvex: a token endpoint that does not exist', () => {
  it.each([
    ['an HTML page', html(404)],
    ['JSON', json({ message: 'Not Found' }, { status: 404 })],
    ['an empty body', () => new Response(null, { status: 404 })],
  ])('is reported once, and requested with growing delays, if it responds 404 with %s', async (_name, answer) => {
    const { auth } = openAuthPage('ada')
    server.answers['/convex/token'] = answer
    await page.tick(29_000)
    expect(auth.error.value).toMatchObject({ code: 'TOKEN_ENDPOINT_MISSING' })
    expect(console.error).not.toHaveBeenCalled()
    // The next attempt is due after 32 s at most.
    await page.tick(65_000)
    expectConsole(/TOKEN_ENDPOINT_MISSING.*tokens: false/)
    const requests = server.count('/convex/token')
    expect(requests).toBeLessThanOrEqual(8)
    await page.tick(3_600_000)
    expect(server.count('/convex/token')).toBeLessThanOrEqual(requests + 12)
  })

  it.each([100, 2000, 12_000])('is not reported if it exists again after %d ms, as during a deploy', async (goneMs) => {
    const { tasks } = openAuthPage('ada')
    await page.tick(goneMs)
    delete server.answers['/convex/token']
    // The back-off is at most as long as the time that has passed.
    await page.tick(goneMs * 2 + 2000)
    expect(tasks.data.value).toBe('ada\'s tasks')
  })

  it('is not reported if many requests fail within a few seconds', async () => {
    const { auth } = openAuthPage('ada')
    for (let attempt = 0; attempt < 8; attempt++) {
      void auth.refresh()
      await page.tick(100)
    }
    expect(server.count('/convex/token')).toBeGreaterThan(5)
    delete server.answers['/convex/token']
    await page.tick(60_000)
    expect(auth.status.value).toBe('authenticated')
  })
})

describe('createConvex({ tokens: false })', () => {
  it('signs users in and out as the session changes, and never requests a token', async () => {
    const { auth, authClient } = openAuthPage(null, false)
    leaveHint(page.deployment)
    await page.tick(100)
    expect(auth.status.value).toBe('unauthenticated')
    server.user = 'ada'
    authClient.$store.notify('$sessionSignal')
    await page.tick(100)
    expect(auth.status.value).toBe('authenticated')
    expect(await auth.ready()).toBe(true)
    expect(auth.user.value).toMatchObject({ id: 'ada', name: 'ada' })
    expect(auth.session.value).toMatchObject({ id: 'session-of-ada' })
    server.user = 'bea'
    authClient.$store.notify('$sessionSignal')
    await page.tick(100)
    expect(auth.user.value).toMatchObject({ id: 'bea' })
    await auth.signOut()
    expect(auth.status.value).toBe('unauthenticated')
    await page.tick(3_600_000)
    expect(server.count('/convex/token')).toBe(0)
  })

  it('runs queries and calls anonymously, and pauses queries that require a user', async () => {
    const { tasks, me, add, several, pages, auth } = openAuthPage('ada', false)
    await page.tick(100)
    expect(auth.isAuthenticated.value).toBe(true)
    expect(me.data.value).toBe('anonymous')
    expect(me.isStale.value).toBe(false)
    expect(tasks.status.value).toBe('paused')
    expect(several.tasks.status).toBe('paused')
    expect(pages.status.value).toBe('Paused')
    const added = add.mutate({})
    await page.tick(100)
    expect(await added).toBe('anonymous\'s addition')
    expect(page.deployment.frames.some(({ type }) => type === 'Authenticate')).toBe(false)
    expect(subjectsOf(page.deployment, 'tasks:list')).toEqual([])
  })

  it('removes the results of the previous user at an identity change', async () => {
    const { add, me, authClient } = openAuthPage('ada', false)
    await page.tick(100)
    const added = add.mutate({})
    await page.tick(100)
    await added
    expect(add.data.value).toBe('anonymous\'s addition')
    server.user = 'bea'
    authClient.$store.notify('$sessionSignal')
    await page.tick(100)
    expect(add.data.value).toBeUndefined()
    expect(me.data.value).toBe('anonymous')
  })

  it.each([['ada', 'authenticated'], ['bea', 'authenticated'], [null, 'unauthenticated']])('shows the user of `initialAuth` until the session is known (user of the session: %s)', async (user, status) => {
    const { user: initialUser, session } = sessionOf('ada')
    const { auth, me } = openAuthPage(user, false, { token: null, user: initialUser, session })
    expect(auth.status.value).toBe('authenticated')
    expect(auth.user.value?.id).toBe('ada')
    const ticks = recordTicks(() => [auth.status.value, auth.user.value?.id ?? null, auth.error.value])
    await page.tick(100)
    expect(auth.status.value).toBe(status)
    expect(auth.user.value?.id ?? null).toBe(user)
    expect(me.data.value).toBe('anonymous')
    await page.tick(10_000)
    // The user that a server found is shown until the session is known.
    expect(ticks[0]).toBe('["authenticated","ada",null]')
    expect(ticks).toHaveLength({ ada: 1, bea: 4 }[user!] ?? 2)
    expect(server.paths()).toEqual(['/get-session'])
  })

  it('does not sign a user in or out if a session request fails', async () => {
    const { auth, me } = openAuthPage('ada', false)
    server.answers['/get-session'] = noAnswer
    await page.tick(100)
    expect(auth.status.value).toBe('loading')
    expect(me.data.value).toBe('anonymous')
    expect(me.isStale.value).toBe(false)
    delete server.answers['/get-session']
    await page.tick(20_000)
    expect(auth.status.value).toBe('authenticated')
    server.answers['/get-session'] = () => new Response('')
    const { value } = page.convex.auth.user
    document.dispatchEvent(new Event('visibilitychange'))
    vi.setSystemTime(Date.now() + 60_000)
    document.dispatchEvent(new Event('visibilitychange'))
    await page.tick(60_000)
    expect(auth.status.value).toBe('authenticated')
    expect(auth.user.value).toBe(value)
    expect(server.count('/convex/token')).toBe(0)
  })

  it.each([
    ['does not answer', 'silent'],
    ['reports another user', 'ada'],
  ])('signs a user in with a custom `tokenSource` that %s at first', async (_name, user) => {
    openPage({ user, tokens: false })
    page.source.answer = null
    page.run(() => useConvexQuery(api.whoami))
    page.source.report({ status: 'signedIn', userId: 'adä', sessionId: 's', user: { id: 'adä' }, session: { id: 's' } })
    await page.tick(100)
    expect(page.convex.auth.status.value).toBe('authenticated')
    expect(page.convex.auth.user.value).toEqual({ id: 'adä' })
    expect(page.source.requests).toEqual([])
  })
})
