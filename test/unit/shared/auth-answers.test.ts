import { useAuthedQuery } from 'convue'
import { describe, expect, it, vi } from 'vitest'
import { openPage, page } from '../../support/scripted/identity-page.ts'
import { identityApi as api, leaveHint, recordTicks } from '../../support/scripted/identity.ts'
import { EMPTY_ANSWERS, INDEFINITE_401S, json, noAnswer, ScriptedAuthServer, text, UNAUTHORIZED } from '../../support/scripted/scripted-auth-client.ts'

let server: ScriptedAuthServer

/** A page with the real Better Auth client and a query of tasks. */
async function openAuthPage(user: string | null, { isHinted = false, fetchOptions = {} } = {}) {
  server = new ScriptedAuthServer(user)
  const authClient = server.createClient([], fetchOptions)
  openPage({ authClient })
  if (isHinted)
    leaveHint(page.deployment)
  const { result: tasks } = page.run(() => useAuthedQuery(api.tasks, {}))
  return { authClient, tasks, auth: page.convex.auth }
}

async function openSignedIn(options?: { fetchOptions?: object }) {
  const opened = await openAuthPage('ada', options)
  await page.tick(100)
  expect(opened.tasks.data.value).toBe('ada\'s tasks')
  server.requests.length = 0
  return opened
}

const INDEFINITE = [...EMPTY_ANSWERS, ...INDEFINITE_401S]

describe('auth-answers', () => {
  describe('an inconclusive answer of get-session', () => {
    it.each(INDEFINITE)('keeps a signed-in user: %s', async (_name, answer) => {
      const { authClient, tasks, auth } = await openSignedIn()
      const ticks = recordTicks(() => [auth.isAuthenticated.value, tasks.data.value, authClient.$store.atoms.session!.get().data?.user.id])
      server.answers['/get-session'] = answer
      authClient.$store.notify('$sessionSignal')
      await page.tick(20_000)
      expect(ticks).toEqual(['[true,"ada\'s tasks","ada"]'])
      // The token endpoint has confirmed the session.
      expect(server.paths()).toEqual(['/get-session', '/convex/token'])
    })

    it.each(INDEFINITE)('signs out if the token endpoint answers that there is no session: %s', async (_name, answer) => {
      const { authClient, tasks, auth } = await openSignedIn()
      server.answers['/get-session'] = answer
      server.user = null
      authClient.$store.notify('$sessionSignal')
      await page.tick(100)
      expect(auth.status.value).toBe('unauthenticated')
      expect(tasks.data.value).toBeUndefined()
      expect(server.count('/convex/token')).toBe(1)
    })

    it.each(INDEFINITE)('does not prevent the sign-in of a user with a session: %s', async (_name, answer) => {
      const { tasks } = await openAuthPage('ada')
      server.answers['/get-session'] = answer
      await page.tick(100)
      expect(tasks.data.value).toBe('ada\'s tasks')
      expect(server.paths()).toEqual(['/get-session', '/convex/token'])
    })

    it.each(INDEFINITE)('keeps an anonymous page anonymous: %s', async (_name, answer) => {
      const { auth } = await openAuthPage(null)
      server.answers['/get-session'] = answer
      await page.tick(100)
      expect(auth.status.value).toBe('unauthenticated')
      expect(server.paths()).toEqual(['/get-session', '/convex/token'])
    })

    it.each(INDEFINITE)('does not sign out while the token endpoint fails: %s', async (_name, answer) => {
      const { authClient, tasks, auth } = await openSignedIn()
      server.answers['/get-session'] = answer
      server.answers['/convex/token'] = noAnswer
      authClient.$store.notify('$sessionSignal')
      await page.tick(120_000)
      expect(auth.isAuthenticated.value).toBe(true)
      expect(tasks.data.value).toBe('ada\'s tasks')
    })

    it('does not sign out a client with `throw: true`, while a definite answer signs it out', async () => {
      for (const [, answer] of INDEFINITE) {
        const { authClient, auth } = await openSignedIn({ fetchOptions: { throw: true } })
        server.answers['/get-session'] = answer
        authClient.$store.notify('$sessionSignal')
        await page.tick(100)
        expect(auth.status.value).toBe('authenticated')
        await page.close()
      }
      const { authClient, auth } = await openSignedIn({ fetchOptions: { throw: true } })
      server.answers['/get-session'] = json(UNAUTHORIZED, { status: 401 })
      authClient.$store.notify('$sessionSignal')
      await page.tick(100)
      expect(auth.status.value).toBe('unauthenticated')
    })

    it('reaches the app\'s own hooks', async () => {
      const onResponse = vi.fn()
      const { authClient } = await openSignedIn({ fetchOptions: { onResponse } })
      onResponse.mockClear()
      server.answers['/get-session'] = text('')
      authClient.$store.notify('$sessionSignal')
      await page.tick(100)
      expect(onResponse.mock.calls.map(([{ response }]) => response.status)).toEqual([200, 200])
    })
  })

  describe('a definite answer of get-session', () => {
    it.each([
      ['null', text('null')],
      ['null as text', text('null', 200, 'text/plain')],
      ['null with white space', text(' null\n')],
      ['401 with a JSON object', json(UNAUTHORIZED, { status: 401 })],
      ['401 with an empty JSON object', json({}, { status: 401 })],
    ])('signs out at once, without another request: %s', async (_name, answer) => {
      const { authClient, tasks, auth } = await openSignedIn()
      server.answers['/get-session'] = answer
      authClient.$store.notify('$sessionSignal')
      await page.tick(0)
      expect(auth.status.value).toBe('unauthenticated')
      expect(tasks.data.value).toBeUndefined()
      await page.tick(10_000)
      expect(server.paths()).toEqual(['/get-session'])
    })

    it('is followed by no other request on an anonymous page', async () => {
      const { auth } = await openAuthPage(null)
      await page.tick(10_000)
      expect(auth.status.value).toBe('unauthenticated')
      expect(server.paths()).toEqual(['/get-session'])
    })
  })

  describe('an inconclusive answer of the token endpoint', () => {
    it.each(INDEFINITE)('counts as a failure and is retried: %s', async (_name, answer) => {
      const { auth, tasks } = await openAuthPage('ada', { isHinted: true })
      server.answers['/convex/token'] = answer
      await page.tick(5000)
      expect(auth.status.value).toBe('loading')
      expect(server.count('/convex/token')).toBeGreaterThan(1)
      delete server.answers['/convex/token']
      await page.tick(20_000)
      expect(tasks.data.value).toBe('ada\'s tasks')
    })
  })

  describe('an inconclusive answer of sign-out', () => {
    it.each(EMPTY_ANSWERS)('counts as a sign-out if the session has ended: %s', async (_name, answer) => {
      const { auth, tasks } = await openSignedIn()
      server.answers['/sign-out'] = () => {
        server.user = null
        return answer()
      }
      await auth.signOut()
      expect(auth.status.value).toBe('unauthenticated')
      expect(auth.error.value).toBeNull()
      expect(tasks.data.value).toBeUndefined()
    })

    it.each(INDEFINITE)('counts as a failure if the session still exists: %s', async (_name, answer) => {
      const { auth, tasks } = await openSignedIn()
      server.answers['/sign-out'] = answer
      await expect(auth.signOut()).rejects.toMatchObject({ code: 'SIGN_OUT_FAILED', cause: expect.anything() })
      await page.tick(1000)
      expect(auth.status.value).toBe('authenticated')
      expect(tasks.data.value).toBe('ada\'s tasks')
    })
  })
})
