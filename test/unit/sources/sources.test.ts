import type { TokenSource } from 'convue'
import type { Auth0Client, ClerkClient, ClerkSession, OidcClient, OidcUser, WorkosCallbacks, WorkosClient } from 'convue/sources'
import { useAuthedQuery } from 'convue'
import { auth0Source, clerkSource, convexAuthSource, oidcSource, workosSource } from 'convue/sources'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { shallowRef } from 'vue'
import { deferred } from '../../../src/testing/functions/deferred.ts'
import { fakeToken } from '../../support/scripted/fake-token.ts'
import { api } from '../../support/scripted/scripted-api.ts'
import { ScriptedPage, setupScriptedPage } from '../../support/scripted/scripted-page.ts'

/** A provider whose client the test controls. */
interface Provider {
  source: TokenSource
  /** Called when the client has found the user of a previous visit, or that there is none. */
  load: (userId: string | null) => void
  /** Another user signs in, or the user signs out, on the page itself. */
  change: (userId: string | null) => void
  /** What the client throws instead of a token; `undefined` while it issues tokens. */
  failure: unknown
  /** How long ago the tokens that the client has kept were issued, in seconds. */
  age: number
  /** Whether each request for a token was forced. */
  readonly requests: boolean[]
  /** An error with which the client says that the session has ended. */
  readonly denial: unknown
}

/** Issues the tokens of a scripted client. */
abstract class ScriptedProvider implements Provider {
  abstract source: TokenSource
  failure: unknown
  denial: unknown = Object.assign(new Error('Login required'), { error: 'login_required' })
  readonly requests: boolean[] = []
  age = 0
  abstract load(userId: string | null): void

  change(userId: string | null): void {
    this.load(userId)
  }

  issue(userId: string | undefined, force = false): string {
    this.requests.push(force)
    if (this.failure)
      throw this.failure
    return force ? fakeToken(userId!) : this.keptToken(userId!)
  }

  /** A token that the client has kept since it was issued. */
  keptToken(userId: string): string {
    return fakeToken(userId, { issuedAt: Math.floor(Date.now() / 1000) - this.age })
  }
}

class Clerk extends ScriptedProvider implements ClerkClient {
  #listeners = new Set<Parameters<ClerkClient['addListener']>[0]>()
  #resources: Parameters<Parameters<ClerkClient['addListener']>[0]>[0] | undefined
  // Clerk has no error for an ended session: its session is then null.
  override denial = undefined

  load(userId: string | null): void {
    const session: ClerkSession | null = userId === null
      ? null
      : { id: `session-of-${userId}`, getToken: async options => this.issue(userId, options?.skipCache) }
    this.#resources = { session, user: userId === null ? null : { id: userId, fullName: userId } }
    for (const listener of this.#listeners)
      listener(this.#resources)
  }

  addListener = (listener: Parameters<ClerkClient['addListener']>[0]): (() => void) => {
    this.#listeners.add(listener)
    // Clerk calls a listener at once if it has loaded.
    if (this.#resources)
      listener(this.#resources)
    return () => this.#listeners.delete(listener)
  }

  signOut = async (): Promise<void> => this.load(null)
  source = clerkSource(this)
}

class Auth0 extends ScriptedProvider implements Auth0Client {
  isLoading = shallowRef(true)
  isAuthenticated = shallowRef(false)
  user = shallowRef<{ sub: string } | undefined>()
  error = shallowRef<any>(null)
  source = auth0Source(this)

  load(userId: string | null): void {
    this.user.value = userId === null ? undefined : { sub: userId }
    this.isAuthenticated.value = userId !== null
    this.isLoading.value = false
  }

  getAccessTokenSilently = async ({ cacheMode }: { cacheMode: 'on' | 'off' }): Promise<{ id_token: string }> =>
    ({ id_token: this.issue(this.user.value?.sub, cacheMode === 'off') })

  checkSession = async (): Promise<void> => {}
  logout = async (): Promise<void> => this.load(null)
}

class Oidc extends ScriptedProvider implements OidcClient {
  #user: OidcUser | null = null
  #found: (() => void)[] = []
  #isLoaded = false
  #loaded = new Set<(user: OidcUser) => void>()
  #unloaded = new Set<() => void>()
  events: OidcClient['events'] = {
    addUserLoaded: (listener) => {
      this.#loaded.add(listener)
      return () => this.#loaded.delete(listener)
    },
    addUserUnloaded: (listener) => {
      this.#unloaded.add(listener)
      return () => this.#unloaded.delete(listener)
    },
  }

  load(userId: string | null): void {
    this.#user = userId === null ? null : this.#createUser(userId)
    this.#isLoaded = true
    this.#found.splice(0).forEach(resolve => resolve())
  }

  override change(userId: string | null): void {
    this.load(userId)
    if (this.#user)
      this.#loaded.forEach(listener => listener(this.#user!))
    else
      this.#unloaded.forEach(listener => listener())
  }

  getUser = async (): Promise<OidcUser | null> => {
    if (!this.#isLoaded)
      await new Promise<void>(resolve => this.#found.push(resolve))
    if (this.#user)
      this.requests.push(false)
    return this.#user
  }

  signinSilent = async (): Promise<OidcUser | null> => {
    this.#user = { ...this.#user!, id_token: this.issue(this.#user!.profile.sub, true) }
    return this.#user
  }

  signoutRedirect = async (): Promise<void> => this.change(null)
  source = oidcSource(this)

  #createUser(sub: string): OidcUser {
    return { id_token: this.keptToken(sub), profile: { sub, name: sub } }
  }
}

class Workos extends ScriptedProvider implements WorkosClient {
  #userId: string | null = null
  #callbacks!: WorkosCallbacks
  #create!: (client: WorkosClient) => void
  override denial = new Error('No access token available')
  source = workosSource((callbacks) => {
    this.#callbacks = callbacks
    return new Promise(resolve => this.#create = resolve)
  })

  load(userId: string | null): void {
    this.#userId = userId
    this.#create(this)
  }

  override change(userId: string | null): void {
    this.#userId = userId
    this.#callbacks.onRefresh()
  }

  getUser = () => this.#userId === null ? null : { id: this.#userId, firstName: this.#userId, lastName: null, email: '', profilePictureUrl: null }
  getAccessToken = async (options?: { forceRefresh?: boolean }): Promise<string> => this.issue(this.#userId!, options?.forceRefresh)
  signOut = async (): Promise<void> => void (this.#userId = null)
}

const CONVEX_URL = 'https://happy-otter-123.convex.cloud'

class ConvexAuth extends ScriptedProvider {
  #found = deferred<string | null>()
  override denial = new Error('The refresh token is not valid')
  #values = new Map<string, string>()
  source = convexAuthSource({
    url: CONVEX_URL,
    storage: {
      getItem: async key => await this.#found.promise && this.#values.get(key),
      setItem: (key, value) => void this.#values.set(key, value),
      removeItem: key => void this.#values.delete(key),
    },
  })

  constructor() {
    super()
    vi.stubGlobal('fetch', async (_url: string, { body }: { body: string }) => Response.json({
      status: 'success',
      value: this.#answer(JSON.parse(body).path, JSON.parse(body).args[0]),
    }))
    onTestFinished(() => void vi.unstubAllGlobals())
  }

  load(userId: string | null): void {
    if (userId !== null)
      this.#store(userId)
    // The storage of a native app is asynchronous.
    this.#found.resolve('loaded')
  }

  override change(userId: string | null): void {
    void this.source.signIn('scripted', { userId })
  }

  #store(userId: string): void {
    const suffix = CONVEX_URL.replace(/\W/g, '')
    this.#values.set(`__convexAuthJWT_${suffix}`, this.keptToken(userId))
    this.#values.set(`__convexAuthRefreshToken_${suffix}`, userId)
  }

  #answer(path: string, { refreshToken, params }: { refreshToken?: string, params?: { userId: string } }): unknown {
    if (path === 'auth:signOut')
      return null
    if (this.failure === this.denial)
      return { tokens: null }
    const userId = refreshToken ?? params!.userId
    const token = refreshToken ? this.issue(userId, true) : fakeToken(userId)
    return { tokens: { token, refreshToken: userId } }
  }
}

setupScriptedPage()

function open(provider: Provider) {
  const page = new ScriptedPage({ tokenSource: provider.source })
  page.deployment.functions.set('users:whoami', (_, subject) => subject)
  const { result: me } = page.run(() => useAuthedQuery(api.users.whoami).data)
  return { page, me, status: page.convex.auth.status, auth: page.convex.auth }
}

describe.each([
  ['clerkSource', Clerk],
  ['auth0Source', Auth0],
  ['oidcSource', Oidc],
  ['workosSource', Workos],
  ['convexAuthSource', ConvexAuth],
] as const)('%s', (_name, ProviderClass) => {
  it('is loading until the client has loaded, and then runs queries as its user', async () => {
    const provider: Provider = new ProviderClass()
    const { page, me, status, auth } = open(provider)
    await page.tick()
    expect(status.value).toBe('loading')
    provider.load('ada')
    await page.tick()
    expect([status.value, me.value, auth.user.value?.id]).toEqual(['authenticated', 'ada', 'ada'])
  })

  it('is anonymous if the client finds no user, until a user signs in', async () => {
    const provider: Provider = new ProviderClass()
    const { page, me, status } = open(provider)
    provider.load(null)
    await page.tick()
    expect(status.value).toBe('unauthenticated')
    provider.change('ada')
    await page.tick()
    expect([status.value, me.value]).toEqual(['authenticated', 'ada'])
  })

  it('forces another token if the deployment refuses one', async () => {
    const provider: Provider = new ProviderClass()
    const { page, status } = open(provider)
    provider.load('ada')
    await page.tick()
    expect(provider.requests).not.toContain(true)
    page.deployment.liveSockets[0]!.refuse()
    await page.tick(2000)
    expect(provider.requests).toContain(true)
    expect(status.value).toBe('authenticated')
  })

  it('forces another token before a token that the client has kept expires', async () => {
    const provider: Provider = new ProviderClass()
    provider.age = 300
    const { page, status } = open(provider)
    provider.load('ada')
    // The tokens are valid for 900 s, and are renewed 90 s before they expire.
    await page.tick(505_000)
    expect(provider.requests).not.toContain(true)
    await page.tick(10_000)
    expect(provider.requests).toContain(true)
    expect(status.value).toBe('authenticated')
  })

  it('keeps the user if a request for a token fails, and requests it again', async () => {
    const provider: Provider = new ProviderClass()
    const { page, me, status } = open(provider)
    provider.load('ada')
    await page.tick()
    provider.failure = new TypeError('Failed to fetch')
    page.deployment.liveSockets[0]!.refuse()
    await page.tick(5000)
    expect([status.value, me.value]).toEqual(['refreshing', 'ada'])
    provider.failure = undefined
    await page.tick(60_000)
    expect([status.value, me.value]).toEqual(['authenticated', 'ada'])
  })

  it('signs the user out if the client says that the session has ended', async () => {
    const provider: Provider = new ProviderClass()
    const { page, me, status } = open(provider)
    provider.load('ada')
    await page.tick()
    if (provider.denial) {
      provider.failure = provider.denial
      page.deployment.liveSockets[0]!.refuse()
    }
    else {
      provider.change(null)
    }
    await page.tick(5000)
    expect([status.value, me.value]).toEqual(['unauthenticated', undefined])
  })

  it('ends the session at signOut()', async () => {
    const provider: Provider = new ProviderClass()
    const { page, me, status, auth } = open(provider)
    provider.load('ada')
    await page.tick()
    const signedOut = auth.signOut()
    await page.tick()
    await signedOut
    expect([status.value, me.value]).toEqual(['unauthenticated', undefined])
  })

  it('shows no data of the previous user after another user has signed in', async () => {
    const provider: Provider = new ProviderClass()
    const { page, me } = open(provider)
    provider.load('ada')
    await page.tick()
    const seen: unknown[] = []
    provider.change('grace')
    for (let turn = 0; turn < 10; turn++) {
      await page.tick(1)
      seen.push(me.value)
    }
    expect(seen).not.toContain('ada')
    await page.tick(100)
    expect(me.value).toBe('grace')
  })
})
