import type { ConvexAuthSourceOptions } from 'convue/sources'
import { useAuthedQuery, useConvexSignIn } from 'convue'
import { convexAuthSource } from 'convue/sources'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { deferred } from '../../../src/testing/functions/deferred.ts'
import { fakeToken } from '../../support/scripted/fake-token.ts'
import { stubLocks } from '../../support/scripted/lock-manager.ts'
import { api } from '../../support/scripted/scripted-api.ts'
import { ScriptedPage, setupScriptedPage } from '../../support/scripted/scripted-page.ts'

const URL_OF_APP = 'https://happy-otter-123.convex.cloud'
const SUFFIX = 'httpshappyotter123convexcloud'
const [JWT, REFRESH_TOKEN, VERIFIER] = ['JWT', 'RefreshToken', 'OAuthVerifier'].map(name => `__convexAuth${name}_${SUFFIX}`) as [string, string, string]

interface Call {
  path: string
  args: { provider?: string, params?: any, verifier?: string, refreshToken?: string }
  /** The token of the caller. */
  token: string | undefined
}

/** The actions of Convex Auth: a refresh token has the form `<sub>#<number>`, and can be used once. */
class AuthServer {
  readonly calls: Call[] = []
  /** Answers the next calls instead of the server. */
  respond: ((call: Call) => Response | undefined | Promise<Response | undefined>) | undefined
  /** How far the clock of the browser is ahead, in seconds. */
  clockAheadSeconds = 0
  readonly #valid = new Set<string>()
  #serial = 0

  constructor() {
    vi.stubGlobal('fetch', async (_url: string, init: { body: string, headers: Record<string, string>, signal?: AbortSignal }) => {
      const { path, args: [args] } = JSON.parse(init.body)
      const call = { path, args, token: init.headers.Authorization?.replace('Bearer ', '') }
      this.calls.push(call)
      return await this.respond?.(call) ?? this.answer(this.#run(call))
    })
  }

  answer(value: unknown): Response {
    return Response.json({ status: 'success', value })
  }

  get refreshes(): number {
    return this.calls.filter(({ args }) => args.refreshToken).length
  }

  issue(sub: string, lifetimeSeconds = 900) {
    const refreshToken = `${sub}#${++this.#serial}`
    this.#valid.add(refreshToken)
    return { token: fakeToken(sub, { sessionId: null, lifetimeSeconds, issuedAt: Math.floor(Date.now() / 1000) - this.clockAheadSeconds }), refreshToken }
  }

  endSessions(): void {
    this.#valid.clear()
  }

  #run({ path, args: { provider, params, refreshToken, verifier }, token }: Call): unknown {
    if (path === 'auth:signOut')
      return null
    if (refreshToken)
      return { tokens: this.#valid.delete(refreshToken) ? this.issue(refreshToken.split('#')[0]!) : null }
    if (params.code)
      return { tokens: params.code === 'good' && verifier === params.verifier ? this.issue('ada|s1') : null }
    if (provider === 'github')
      return { redirect: 'https://happy-otter-123.convex.site/api/auth/signin/github?code=v1', verifier: 'v1' }
    if (provider === 'email')
      return { started: true }
    return { tokens: this.issue(`${params.name}|session-after-${token ? 'another' : 'none'}`) }
  }
}

setupScriptedPage()
let server: AuthServer
beforeEach(() => void (server = new AuthServer()))
afterEach(() => {
  vi.unstubAllGlobals()
  history.replaceState(null, '', '/')
})

function keep({ token, refreshToken }: { token: string, refreshToken: string }): void {
  localStorage.setItem(JWT, token)
  localStorage.setItem(REFRESH_TOKEN, refreshToken)
}

function open(options: Partial<ConvexAuthSourceOptions> = {}) {
  const source = convexAuthSource({ url: URL_OF_APP, ...options })
  const page = new ScriptedPage({ tokenSource: source })
  page.deployment.functions.set('users:whoami', (_, subject) => subject)
  const { result: { me, signIn } } = page.run(() => ({ me: useAuthedQuery(api.users.whoami).data, ...useConvexSignIn() }))
  const { auth } = page.convex
  return { source, page, signIn, auth, state: () => [auth.status.value, me.value] }
}

/** What a browser dispatches when another tab has changed the storage. */
function announceChange(storageArea: object = localStorage): void {
  dispatchEvent(Object.assign(new Event('storage'), { storageArea, key: JWT }))
}

describe('convexAuthSource', () => {
  it('describes the user by the id of the document, and the session by its id', async () => {
    keep({ token: fakeToken('ada|s1', { sessionId: null, claims: { email: 'ada@example.com' } }), refreshToken: 'ada|s1#0' })
    const { page, auth, state } = open()
    await page.tick()
    expect(state()).toEqual(['authenticated', 'ada|s1'])
    expect(auth.user.value).toEqual({ id: 'ada', email: 'ada@example.com' })
    expect(auth.session.value).toEqual({ id: 's1' })
    expect(server.calls).toEqual([])
  })

  it('renews a stored token that has expired before the deployment receives it', async () => {
    keep(server.issue('ada|s1', -1))
    const { page, state } = open()
    await page.tick()
    expect(state()).toEqual(['authenticated', 'ada|s1'])
    expect(server.refreshes).toBe(1)
    expect(page.takeFrames().filter(frame => frame === 'Authenticate')).toHaveLength(1)
  })

  it('renews a stored token in time, although it was issued before the page was loaded', async () => {
    keep({ ...server.issue('ada|s1'), token: fakeToken('ada|s1', { sessionId: null, issuedAt: Math.floor(Date.now() / 1000) - 300 }) })
    const { page, state } = open()
    // It expires after 600 s, and is renewed 90 s before.
    await page.tick(505_000)
    expect(server.refreshes).toBe(0)
    await page.tick(10_000)
    expect(server.refreshes).toBe(1)
    expect(state()).toEqual(['authenticated', 'ada|s1'])
  })

  it('renews a token no more often if the clock of the browser is wrong', async () => {
    for (const seconds of [895, 850, 600, -600]) {
      server.clockAheadSeconds = seconds
      keep(server.issue('ada|s1'))
      const { page, state } = open()
      await page.tick(10)
      const before = server.refreshes
      await page.tick(780_000)
      expect(server.refreshes - before).toBeLessThanOrEqual(1)
      expect(state()).toEqual(['authenticated', 'ada|s1'])
      await page.close()
    }
  })

  it('removes the tokens of a session that has ended, and says why', async () => {
    keep(server.issue('ada|s1'))
    const { page, auth, state } = open()
    await page.tick()
    server.endSessions()
    page.deployment.liveSockets[0]!.refuse()
    await page.tick(5000)
    expect(state()).toEqual(['unauthenticated', undefined])
    expect(auth.error.value).toMatchObject({ code: 'SESSION_ENDED' })
    expect(localStorage.getItem(JWT)).toBeNull()
    expect(localStorage.getItem(REFRESH_TOKEN)).toBeNull()
  })

  it('keeps the user if the deployment fails with an error instead of an answer', async () => {
    const failures = [() => new Response('Overloaded', { status: 503 }), () => Response.json({ status: 'error', errorMessage: 'Server Error' }, { status: 560 })]
    for (const respond of failures) {
      keep(server.issue('ada|s1'))
      server.respond = respond
      const { page, state } = open()
      await page.tick()
      page.deployment.liveSockets[0]!.refuse()
      await page.tick(5000)
      expect(state()).toEqual(['refreshing', 'ada|s1'])
      server.respond = undefined
      await page.tick(60_000)
      expect(state()).toEqual(['authenticated', 'ada|s1'])
      await page.close()
    }
  })

  it('keeps the tokens in memory if the browser blocks the storage', async () => {
    const blocked = vi.spyOn(globalThis, 'localStorage', 'get').mockImplementation(() => {
      throw new DOMException('The storage is blocked.', 'SecurityError')
    })
    const source = convexAuthSource({ url: URL_OF_APP })
    await expect(source.signIn('password', { name: 'ada' })).resolves.toEqual({ session: { id: 'session-after-none' } })
    expect(await source.fetchToken({ force: false, signal: new AbortController().signal })).toMatchObject({ kind: 'token' })
    blocked.mockRestore()
  })

  describe('signIn', () => {
    it('signs a user in with the fields of a form, and reports the session to useConvexSignIn', async () => {
      const { source, page, signIn, state } = open()
      await page.tick()
      const form = new FormData()
      form.set('name', 'ada')
      const signedIn = signIn(() => source.signIn('password', form))
      await page.tick()
      await expect(signedIn).resolves.toBe(true)
      expect(server.calls[0]!.args).toEqual({ provider: 'password', params: { name: 'ada' } })
      expect(state()).toEqual(['authenticated', 'ada|session-after-none'])
      expect(localStorage.getItem(REFRESH_TOKEN)).toBe('ada|session-after-none#1')
    })

    it('calls the deployment as the current user, whom another step does not sign out', async () => {
      keep(server.issue('ada|s1'))
      const { source, page, signIn, state } = open()
      await page.tick()
      await expect(signIn(() => source.signIn('email', { email: 'grace@example.com' }))).resolves.toBe(false)
      await page.tick()
      expect(state()).toEqual(['authenticated', 'ada|s1'])
      expect(server.calls[0]!.token).toBe(localStorage.getItem(JWT))
    })

    it('rejects with the error of the provider', async () => {
      const { source, page } = open()
      await page.tick()
      server.respond = () => Response.json({ status: 'error', errorMessage: 'InvalidSecret' }, { status: 560 })
      await expect(source.signIn('password', { name: 'ada' })).rejects.toThrow('InvalidSecret')
      server.respond = () => Promise.reject(new TypeError('Failed to fetch'))
      await expect(source.signIn('password', { name: 'ada' })).rejects.toThrow('Failed to fetch')
    })

    it('renews a token that the deployment refuses, and repeats the call', async () => {
      keep(server.issue('ada|s1'))
      const refused = localStorage.getItem(JWT)
      server.respond = ({ token }) => token === refused ? Response.json({ code: 'InvalidAuthHeader' }, { status: 401 }) : undefined
      const { source } = open()
      await expect(source.signIn('password', { name: 'grace' })).resolves.toEqual({ session: { id: 'session-after-another' } })
      expect(server.refreshes).toBe(1)
    })

    it('opens the page of a provider, and redeems the code with the verifier when the user returns', async () => {
      const openProvider = vi.fn()
      const { source } = open({ openProvider })
      const answer = await source.signIn('github')
      const redirect = new URL('https://happy-otter-123.convex.site/api/auth/signin/github?code=v1')
      expect(answer).toEqual({ session: null, redirect })
      expect(openProvider).toHaveBeenCalledExactlyOnceWith(redirect)
      expect(localStorage.getItem(VERIFIER)).toBe('v1')

      server.calls.length = 0
      server.respond = ({ args }) => args.verifier === 'v1' ? server.answer({ tokens: server.issue('ada|s1') }) : undefined
      history.replaceState({ position: 1 }, '', '/welcome?tab=1&code=12345678#top')
      const { page, state } = open()
      expect(location.href).toMatch(/\/welcome\?tab=1#top$/)
      expect(history.state).toEqual({ position: 1 })
      await page.tick()
      expect(state()).toEqual(['authenticated', 'ada|s1'])
      expect(server.calls).toMatchObject([{ path: 'auth:signIn', args: { params: { code: '12345678' }, verifier: 'v1' } }])
      expect(localStorage.getItem(VERIFIER)).toBeNull()
    })
  })

  describe('code in the address', () => {
    beforeEach(() => history.replaceState(null, '', '/?code=good'))

    it('is redeemed again after a network failure, and the page is loading until then', async () => {
      server.respond = () => Promise.reject(new TypeError('Failed to fetch'))
      const { page, state } = open()
      await page.tick(3000)
      expect(state()).toEqual(['loading', undefined])
      server.respond = undefined
      const failed = server.calls.length
      await page.tick(60_000)
      expect(state()).toEqual(['authenticated', 'ada|s1'])
      expect(server.calls.slice(failed)).toMatchObject([{ args: { params: { code: 'good' } } }])
    })

    it('is removed by the router of the app', () => {
      const replaceUrl = vi.fn()
      open({ replaceUrl })
      expect(replaceUrl).toHaveBeenCalledExactlyOnceWith('/')
    })

    it('leads to an anonymous page with an error if it is not valid', async () => {
      history.replaceState(null, '', '/?code=used')
      const { page, auth, state } = open()
      await page.tick()
      expect(state()).toEqual(['unauthenticated', undefined])
      expect(auth.error.value).toMatchObject({ code: 'SIGN_IN_CODE_INVALID' })
    })

    it('does not sign the current user out if it is not valid', async () => {
      history.replaceState(null, '', '/?code=used')
      keep(server.issue('ada|s1'))
      const { page, state } = open()
      await page.tick()
      expect(state()).toEqual(['authenticated', 'ada|s1'])
    })

    it('remains if it belongs to another client', async () => {
      const { page, state } = open({ handleCode: false })
      await page.tick()
      expect(location.search).toBe('?code=good')
      expect(server.calls).toEqual([])
      expect(state()).toEqual(['unauthenticated', undefined])
    })
  })

  describe('several tabs', () => {
    it('use a refresh token once, and share the renewed token', async () => {
      stubLocks()
      keep(server.issue('ada|s1'))
      const pages = [open(), open()]
      await pages[0]!.page.tick()
      // The answer to the first request arrives when both tabs have refused tokens.
      server.respond = async () => {
        await new Promise(resolve => setTimeout(resolve, 1000))
        return undefined
      }
      for (const { page } of pages)
        page.deployment.liveSockets[0]!.refuse()
      await pages[0]!.page.tick(5000)
      expect(pages.map(({ state }) => state())).toEqual([['authenticated', 'ada|s1'], ['authenticated', 'ada|s1']])
      expect(server.refreshes).toBe(1)
    })

    it('sign out and in together', async () => {
      keep(server.issue('ada|s1'))
      const { page, auth, state } = open()
      await page.tick()
      localStorage.removeItem(REFRESH_TOKEN)
      localStorage.removeItem(JWT)
      announceChange()
      await page.tick()
      expect(state()).toEqual(['unauthenticated', undefined])
      expect(auth.error.value).toBeNull()
      keep(server.issue('grace|s2'))
      announceChange()
      await page.tick()
      expect(state()).toEqual(['authenticated', 'grace|s2'])
      expect(server.calls).toEqual([])
    })
  })

  it('listens to other tabs until the page is closed', async () => {
    const storage = { getItem: vi.fn(() => null), setItem: () => {}, removeItem: () => {} }
    const { page } = open({ storage })
    await page.tick()
    storage.getItem.mockClear()
    announceChange(storage)
    await page.tick()
    expect(storage.getItem).toHaveBeenCalled()
    await page.close()
    storage.getItem.mockClear()
    announceChange(storage)
    await Promise.resolve()
    expect(storage.getItem).not.toHaveBeenCalled()
  })

  describe('signOut', () => {
    it('ends the session as the user, and removes the tokens', async () => {
      keep(server.issue('ada|s1'))
      const token = localStorage.getItem(JWT)
      const { page, auth, state } = open()
      await page.tick()
      await auth.signOut()
      await page.tick()
      expect(server.calls).toMatchObject([{ path: 'auth:signOut', token }])
      expect(state()).toEqual(['unauthenticated', undefined])
      expect(localStorage.getItem(JWT)).toBeNull()
    })

    it('rejects if the deployment cannot be reached, and keeps the user', async () => {
      keep(server.issue('ada|s1'))
      const { page, auth, state } = open()
      await page.tick()
      server.respond = () => Promise.reject(new TypeError('Failed to fetch'))
      await expect(auth.signOut()).rejects.toMatchObject({ code: 'SIGN_OUT_FAILED' })
      await page.tick()
      expect(state()).toEqual(['authenticated', 'ada|s1'])
      expect(localStorage.getItem(JWT)).not.toBeNull()
    })

    it('is not undone by the answer to a renewal', async () => {
      keep(server.issue('ada|s1'))
      const { page, auth, state } = open()
      await page.tick()
      const answer = deferred<Response>()
      server.respond = ({ args }) => args.refreshToken ? answer.promise : undefined
      page.deployment.liveSockets[0]!.refuse()
      await page.tick(2000)
      expect(server.refreshes).toBe(1)
      await auth.signOut()
      answer.resolve(server.answer({ tokens: server.issue('ada|s1') }))
      await page.tick(5000)
      expect(state()).toEqual(['unauthenticated', undefined])
      expect(localStorage.getItem(JWT)).toBeNull()
    })
  })
})
