import type { PaginationOptions, PaginationResult } from 'convex/server'
import { makeFunctionReference } from 'convex/server'
import { ConvexError } from 'convex/values'
import { useAuthedPaginatedQuery, useAuthedQuery, useConvexQueries, useConvexQuery } from 'convue'
import { describe, expect, it, vi } from 'vitest'
import { openPage, page } from '../../support/scripted/identity-page.ts'
import { identityApi, recordTicks } from '../../support/scripted/identity.ts'
import { json, noAnswer, ScriptedAuthServer, sessionOf } from '../../support/scripted/scripted-auth-client.ts'

const api = {
  ...identityApi,
  current: makeFunctionReference<'query', Record<string, never>, { name: string }>('users:current'),
  rows: makeFunctionReference<'query', { paginationOpts: PaginationOptions }, PaginationResult<{ _id: string }>>('users:rows'),
}

let server: ScriptedAuthServer
/**
 * The error that the functions throw, as `getAuthUser` does without a session. `null` while the
 * session exists.
 */
let failure: Error | null

const UNAUTHENTICATED = new ConvexError('Unauthenticated')
/** The time from the end of the session to the response of the sign-out. */
const SLOW_MS = 400
/** How long the page waits before it requests the session. */
const CHECK_MS = 2000

/** A page of a signed-in user, whose functions read the session from the database. */
async function openSignedIn() {
  server = new ScriptedAuthServer('ada')
  failure = null
  const authClient = server.createClient()
  const { deployment, convex } = openPage({ authClient })
  const ifSignedIn = (value: (subject: string | null) => unknown) => (_args: unknown, subject: string | null): any => {
    if (failure)
      throw failure
    return value(subject)
  }
  deployment.functions.set('users:current', ifSignedIn(subject => ({ name: subject })))
  deployment.functions.set('users:rows', (args: any, subject) => {
    const first = Number(args.paginationOpts.cursor ?? 0)
    const page = [{ _id: `${subject} ${first}` }, { _id: `${subject} ${first + 1}` }]
    return ifSignedIn(() => ({ page, isDone: first >= 2, continueCursor: String(first + 2) }))(args, subject)
  })
  const { result } = page.run(() => ({
    current: useAuthedQuery(api.current),
    several: useConvexQueries({ current: { query: api.current, auth: 'required' } }),
    list: useAuthedPaginatedQuery(api.rows, {}, { initialNumItems: 2 }),
    news: useConvexQuery(api.whoami, {}, { auth: 'public' }),
  }))
  await page.tick(50)
  result.list.loadMore(2)
  await page.tick(50)
  server.requests.length = 0
  const ticks = recordTicks(() => ({
    status: convex.auth.status.value,
    names: [result.current.data.value?.name, result.several.current.data?.name, result.list.results.value.length],
    errors: [result.current.error.value, result.several.current.error, result.list.error.value].map(error => error?.message ?? null),
  }))
  return { ...result, authClient, auth: convex.auth, ticks: () => ticks.map(text => JSON.parse(text)) }
}

/** The session ends on the server, and live queries run again. */
function endSession(error: Error = UNAUTHENTICATED): void {
  server.user = null
  failure = error
  page.deployment.invalidate()
}

/** The server ends the session at once and responds later. */
function answerSignOutSlowly(answer: () => Response | Promise<Response> = json({ success: true }), error?: Error): void {
  server.answers['/sign-out'] = () => {
    endSession(error)
    return new Promise((resolve, reject) => setTimeout(() => Promise.resolve(answer()).then(resolve, reject), SLOW_MS))
  }
}

const SHOWN = { names: ['ada', 'ada', 4], errors: [null, null, null] }
const GONE = { names: [null, null, 0], errors: [null, null, null] }

describe('useConvexAuth: signOut with a slow response', () => {
  it.each([UNAUTHENTICATED, new ConvexError({ code: 'signed out' }), new Error('Server Error')])('does not show the errors that queries throw once the session has ended: %s', async (error) => {
    const { auth, current, several, list, ticks } = await openSignedIn()
    answerSignOutSlowly(undefined, error)
    const signedOut = auth.signOut()
    await page.tick(SLOW_MS / 2)
    expect([current.isStale.value, several.current.isStale, list.isStale.value]).toEqual([true, true, true])
    expect(list.status.value).toBe('Exhausted')
    await page.tick(SLOW_MS)
    await signedOut
    expect(ticks()).toEqual([{ status: 'authenticated', ...SHOWN }, { status: 'unauthenticated', ...GONE }])
    await page.tick(1000)
    expect(server.paths()).toEqual(['/sign-out', '/get-session'])
  })

  it('keeps the last result of a query that returns null once the session has ended', async () => {
    const { auth, ticks } = await openSignedIn()
    server.answers['/sign-out'] = () => {
      server.user = null
      for (const name of ['users:current'])
        page.deployment.functions.set(name, () => null)
      page.deployment.invalidate()
      return new Promise(resolve => setTimeout(() => resolve(Response.json({ success: true })), SLOW_MS))
    }
    const signedOut = auth.signOut()
    await page.tick(SLOW_MS + 100)
    await signedOut
    expect(ticks()).toEqual([{ status: 'authenticated', ...SHOWN }, { status: 'unauthenticated', ...GONE }])
  })

  it('signs the user out if the request fails although the session has ended', async () => {
    const { auth, ticks } = await openSignedIn()
    answerSignOutSlowly(noAnswer)
    const outcome = auth.signOut().catch(error => error.code)
    await page.tick(SLOW_MS + CHECK_MS + 100)
    expect(await outcome).toBe('SIGN_OUT_FAILED')
    expect(ticks()).toEqual([{ status: 'authenticated', ...SHOWN }, { status: 'unauthenticated', ...GONE }])
  })

  it.each([['ada', 'authenticated'], [null, 'unauthenticated']])('requests the session once if the sign-out fails and no query fails (user: %s)', async (user, status) => {
    const { auth, ticks } = await openSignedIn()
    server.answers['/sign-out'] = () => {
      server.user = user
      return noAnswer()
    }
    const outcome = auth.signOut().catch(error => error.code)
    await page.tick(CHECK_MS + 100)
    expect(await outcome).toBe('SIGN_OUT_FAILED')
    expect(auth.status.value).toBe(status)
    expect(ticks().every(({ errors }) => !errors.some(Boolean))).toBe(true)
    await page.tick(60_000)
    expect(server.paths()).toEqual(['/sign-out', '/get-session'])
  })

  it('shows errors that it has withheld if the sign-out fails and the session continues', async () => {
    const { auth, ticks, current } = await openSignedIn()
    server.answers['/sign-out'] = () => {
      failure = new ConvexError('Not today')
      page.deployment.invalidate()
      return new Promise((_resolve, reject) => setTimeout(() => reject(new TypeError('Failed to fetch')), SLOW_MS))
    }
    const outcome = auth.signOut().catch(error => error.code)
    await page.tick(SLOW_MS + CHECK_MS + 100)
    expect(await outcome).toBe('SIGN_OUT_FAILED')
    expect(auth.status.value).toBe('authenticated')
    expect(current.error.value).toMatchObject({ data: 'Not today' })
    expect(ticks().map(({ errors }) => errors.filter(Boolean).length)).toEqual([0, 3])
  })

  it('shows live results while its request is pending', async () => {
    const { auth, current } = await openSignedIn()
    server.answers['/sign-out'] = () => new Promise(() => {})
    void auth.signOut()
    page.deployment.functions.set('users:current', () => ({ name: 'Ada' }))
    page.deployment.invalidate()
    await page.tick(100)
    expect(current.data.value).toEqual({ name: 'Ada' })
    expect(current.isStale.value).toBe(false)
  })

  it('does not show errors of queries, even if the response takes 29 seconds', async () => {
    const { auth, ticks } = await openSignedIn()
    server.answers['/sign-out'] = () => {
      endSession()
      return new Promise(resolve => setTimeout(() => resolve(Response.json({ success: true })), 29_000))
    }
    const signedOut = auth.signOut()
    await page.tick(29_100)
    await signedOut
    expect(ticks()).toEqual([{ status: 'authenticated', ...SHOWN }, { status: 'unauthenticated', ...GONE }])
  })

  it('does not show an error that was withheld before signOut() was called', async () => {
    const { auth, ticks } = await openSignedIn()
    failure = UNAUTHENTICATED
    page.deployment.invalidate()
    await page.tick(CHECK_MS / 2)
    server.answers['/sign-out'] = () => {
      return new Promise(resolve => setTimeout(() => {
        server.user = null
        resolve(Response.json({ success: true }))
      }, 20_000))
    }
    const signedOut = auth.signOut()
    await page.tick(20_100)
    await signedOut
    expect(ticks()).toEqual([{ status: 'authenticated', ...SHOWN }, { status: 'unauthenticated', ...GONE }])
  })

  it.each([['ada', 'authenticated', 3], [null, 'unauthenticated', 0]])('rejects after 30 s without a response, and requests the session (user: %s)', async (user, status, errors) => {
    const { auth, ticks, current, several, list } = await openSignedIn()
    server.answers['/sign-out'] = () => new Promise(() => {})
    const outcome = auth.signOut().catch(error => error.code)
    failure = UNAUTHENTICATED
    server.user = user
    page.deployment.invalidate()
    await page.tick(30_000)
    expect(await outcome).toBe('SIGN_OUT_FAILED')
    expect(ticks()).toEqual([{ status: 'authenticated', ...SHOWN }])
    await page.tick(CHECK_MS + 100)
    expect(auth.status.value).toBe(status)
    expect([current.error.value, several.current.error, list.error.value].filter(Boolean)).toHaveLength(errors)
    expect(server.paths()).toEqual(['/sign-out', '/get-session'])
  })
})

describe('createConvex', () => {
  describe('a session that ends without signOut() of useConvexAuth', () => {
    it.each<[string, (authClient: any) => unknown]>([
      ['the Better Auth client ends it, with a slow response', (authClient) => {
        answerSignOutSlowly()
        return authClient.signOut()
      }],
      ['another tab or another device ends it', () => endSession()],
      ['it ends, and the functions are those of convue/convex', () => endSession(new ConvexError({ code: 'UNAUTHENTICATED', message: 'Sign in first.' }))],
    ])('causes a sign-out that shows no error on the page: %s', async (_name, end) => {
      const { authClient, ticks } = await openSignedIn()
      void end(authClient)
      await page.tick(SLOW_MS + CHECK_MS + 100)
      expect(ticks()).toEqual([{ status: 'authenticated', ...SHOWN }, { status: 'unauthenticated', ...GONE }])
      expect(server.count('/convex/token')).toBe(0)
    })

    it('causes one session request, however many queries fail', async () => {
      await openSignedIn()
      endSession()
      await page.tick(CHECK_MS - 100)
      expect(server.paths()).toEqual([])
      await page.tick(1000)
      expect(server.paths()).toEqual(['/get-session'])
    })

    it('causes no session request while changePassword() of the auth client is pending', async () => {
      const { authClient, ticks } = await openSignedIn()
      // Until the response arrives, the browser has the old cookie. A request with the old cookie
      // would end the old and the new session.
      server.answers['/change-password'] = () => {
        server.user = null
        failure = UNAUTHENTICATED
        page.deployment.invalidate()
        return new Promise(resolve => setTimeout(() => {
          server.answers['/get-session'] = json(sessionOf('ada', 'another session'))
          server.user = 'ada'
          resolve(Response.json({}))
        }, 5000))
      }
      page.deployment.onFrame = ({ type }) => {
        if (type === 'Authenticate')
          failure = null
      }
      void authClient.changePassword({ currentPassword: 'old', newPassword: 'new', revokeOtherSessions: true })
      await page.tick(20_000)
      expect(ticks()).toEqual([{ status: 'authenticated', ...SHOWN }])
      expect(server.paths()).toEqual(['/change-password', '/get-session', '/convex/token'])
    })

    it('causes no error on the page if another session replaces it, as after changePassword()', async () => {
      const { ticks, current } = await openSignedIn()
      // The old session has ended. The cookie names another session, whose token the functions
      // accept.
      server.answers['/get-session'] = json(sessionOf('ada', 'another session'))
      failure = UNAUTHENTICATED
      page.deployment.onFrame = ({ type }) => {
        if (type === 'Authenticate')
          failure = null
      }
      page.deployment.invalidate()
      await page.tick(100)
      await page.tick(20_000)
      expect(ticks()).toEqual([{ status: 'authenticated', ...SHOWN }])
      expect(current.isStale.value).toBe(false)
      expect(server.paths()).toEqual(['/get-session', '/convex/token'])
    })
  })

  describe('an error of a query while the session continues', () => {
    it('is shown at once if it is not a ConvexError of a function that needs a user', async () => {
      const { current } = await openSignedIn()
      for (const error of [new ConvexError('Forbidden'), new Error('Unauthenticated'), new ConvexError({ message: 'Unauthenticated' }), new ConvexError({ code: 'FORBIDDEN' })]) {
        failure = error
        page.deployment.invalidate()
        await page.tick(0)
        await page.tick(0)
        expect(current.error.value).toBeDefined()
        failure = null
        page.deployment.invalidate()
        await page.tick(100)
      }
      expect(server.requests).toEqual([])
    })

    it('is withheld until a session request has confirmed the session; later errors show at once', async () => {
      const { current, auth } = await openSignedIn()
      server.answers['/get-session'] = () => new Promise(resolve => setTimeout(() => resolve(server.answer('/get-session')), 50))
      for (const [index, isWithheld] of [true, false, false].entries()) {
        failure = UNAUTHENTICATED
        page.deployment.invalidate()
        await page.tick(0)
        await page.tick(0)
        expect(!current.error.value, `${index}`).toBe(isWithheld)
        await page.tick(isWithheld ? CHECK_MS + 100 : 100)
        expect(current.error.value).toMatchObject({ data: 'Unauthenticated' })
        failure = null
        page.deployment.invalidate()
        await page.tick(100)
        expect(current.data.value).toEqual({ name: 'ada' })
      }
      expect(auth.status.value).toBe('authenticated')
      expect(server.paths()).toEqual(['/get-session'])
    })

    it('is shown after ten seconds if the session request fails', async () => {
      const { current } = await openSignedIn()
      server.answers['/get-session'] = noAnswer
      failure = UNAUTHENTICATED
      page.deployment.invalidate()
      await page.tick(9900)
      expect(current.error.value).toBeUndefined()
      expect(current.isStale.value).toBe(true)
      await page.tick(200)
      expect(current.error.value).toMatchObject({ data: 'Unauthenticated' })
    })

    it('is shown at once if the page is anonymous or the query has no result yet', async () => {
      const { authClient } = await openSignedIn()
      page.deployment.functions.set('tasks:list', () => {
        throw UNAUTHENTICATED
      })
      const { result: late } = page.run(() => useAuthedQuery(api.tasks, { of: 'late' }))
      await page.tick()
      expect(late.error.value).toMatchObject({ data: 'Unauthenticated' })
      expect(server.requests).toEqual([])
      void authClient.signOut()
      await page.tick(100)
      server.requests.length = 0
      const { result: anonymous } = page.run(() => useConvexQuery(api.current))
      await page.tick(100)
      expect(anonymous.data.value).toEqual({ name: null })
      failure = UNAUTHENTICATED
      page.deployment.invalidate()
      await page.tick(100)
      expect(anonymous.error.value).toMatchObject({ data: 'Unauthenticated' })
      expect(server.requests).toEqual([])
    })

    it('does not delay refresh() of the query while the error is withheld', async () => {
      const { current } = await openSignedIn()
      server.answers['/get-session'] = () => new Promise(() => {})
      failure = UNAUTHENTICATED
      const refreshed = vi.fn()
      void current.refresh().then(refreshed)
      await page.tick(100)
      expect(refreshed).toHaveBeenCalledOnce()
      expect(current.data.value).toEqual({ name: 'ada' })
    })
  })
})
