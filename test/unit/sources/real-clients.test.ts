import type { TokenSource } from 'convue'
import { createAuth0 } from '@auth0/auth0-vue'
import { Clerk } from '@clerk/clerk-js/no-rhc'
import { createClient } from '@workos-inc/authkit-js'
import { useAuthedQuery } from 'convue'
import { auth0Source, clerkSource, oidcSource, workosSource } from 'convue/sources'
import { User, UserManager, WebStorageStateStore } from 'oidc-client-ts'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createApp } from 'vue'
import { fakeToken } from '../../support/scripted/fake-token.ts'
import { api } from '../../support/scripted/scripted-api.ts'
import { ScriptedPage, setupScriptedPage } from '../../support/scripted/scripted-page.ts'

// The environment of the tests has no locks between tabs.
Object.defineProperty(navigator, 'locks', {
  value: { request: (name: string, _options: object, run: (lock: { name: string }) => unknown) => run({ name }) },
})
Object.defineProperty(globalThis, 'isSecureContext', { value: true })

setupScriptedPage()
/** Ends what the clients of a test do in the background. */
const closing: (() => void)[] = []
afterEach(() => {
  closing.splice(0).forEach(close => close())
  // Auth0's client keeps cookies, too.
  for (const cookie of document.cookie.split('; '))
    document.cookie = `${cookie.split('=')[0]}=; max-age=0; path=/`
  sessionStorage.clear()
  vi.unstubAllGlobals()
})

/** The token endpoint of a provider: the answers to refresh tokens. */
function serveTokens(answer: () => object): { requests: URLSearchParams[], state: 'up' | 'down' | 'ended' } {
  const server = { requests: [] as URLSearchParams[], state: 'up' as 'up' | 'down' | 'ended' }
  vi.stubGlobal('fetch', async (_url: unknown, init?: RequestInit) => {
    const body = String(init?.body)
    server.requests.push(new URLSearchParams(body.startsWith('{') ? JSON.parse(body) : body))
    if (server.state === 'down')
      throw new TypeError('Failed to fetch')
    return server.state === 'ended'
      ? Response.json({ error: 'invalid_grant', error_description: 'The session has ended.' }, { status: 400 })
      : Response.json(answer())
  })
  return server
}

function open(tokenSource: TokenSource) {
  const page = new ScriptedPage({ tokenSource })
  page.deployment.functions.set('users:whoami', (_, subject) => subject)
  const { result: me } = page.run(() => useAuthedQuery(api.users.whoami).data)
  return { page, state: () => [page.convex.auth.status.value, me.value], auth: page.convex.auth }
}

describe('oidcSource with the UserManager of oidc-client-ts', () => {
  async function openWithUser() {
    const server = serveTokens(() => ({ id_token: fakeToken('ada'), access_token: 'access', refresh_token: 'next', token_type: 'Bearer', expires_in: 900 }))
    const client = new UserManager({
      authority: 'https://id.example',
      client_id: 'app',
      redirect_uri: 'https://app.example/callback',
      metadata: { issuer: 'https://id.example', token_endpoint: 'https://id.example/token' },
      userStore: new WebStorageStateStore({ store: localStorage }),
      automaticSilentRenew: false,
    })
    closing.push(() => client.events.unload())
    await client.storeUser(new User({
      id_token: fakeToken('ada'),
      access_token: 'access',
      refresh_token: 'refresh',
      token_type: 'Bearer',
      profile: { sub: 'ada', iss: 'https://id.example', aud: 'app', exp: 0, iat: 0 },
      expires_at: Math.floor(Date.now() / 1000) + 900,
    }))
    return { server, client, ...open(oidcSource(client, { signOut: () => client.removeUser() })) }
  }

  it('restores the user, and renews a refused token with the refresh token', async () => {
    const { page, server, state } = await openWithUser()
    await page.tick()
    expect(state()).toEqual(['authenticated', 'ada'])
    expect(server.requests).toEqual([])
    page.deployment.liveSockets[0]!.refuse()
    await page.tick(2000)
    expect(server.requests.map(request => request.get('refresh_token'))).toEqual(['refresh'])
    expect(state()).toEqual(['authenticated', 'ada'])
  })

  it('keeps the user while the provider cannot be reached, and not when the session has ended', async () => {
    const { page, server, state } = await openWithUser()
    await page.tick()
    server.state = 'down'
    page.deployment.liveSockets[0]!.refuse()
    await page.tick(5000)
    expect(state()).toEqual(['refreshing', 'ada'])
    server.state = 'ended'
    await page.tick(60_000)
    expect(state()).toEqual(['unauthenticated', undefined])
  })

  it('signs the user out', async () => {
    const { page, state, auth } = await openWithUser()
    await page.tick()
    await auth.signOut()
    await page.tick()
    expect(state()).toEqual(['unauthenticated', undefined])
  })
})

describe('auth0Source with the plugin of @auth0/auth0-vue', () => {
  const redirectUri = 'https://app.example/callback'

  /** Auth0's plugin as it starts on a page, with what earlier pages have stored. */
  function startAuth0() {
    const auth0 = createAuth0({
      domain: 'id.example',
      clientId: 'app',
      useRefreshTokens: true,
      cacheLocation: 'localstorage',
      authorizationParams: { redirect_uri: redirectUri },
    })
    createApp({ render: () => null }).use(auth0)
    return auth0
  }

  /** Auth0 itself, which signs every visitor in as ada. */
  function startProvider() {
    let nonce: string | null = null
    const server = serveTokens(() => ({
      id_token: fakeToken('ada', { algorithm: 'RS256', claims: { iss: 'https://id.example/', aud: 'app', name: 'Ada', nonce } }),
      access_token: 'access',
      refresh_token: 'refresh',
      token_type: 'Bearer',
      expires_in: 900,
    }))

    /** The redirect to Auth0 and back, as far as the client is concerned. */
    async function signIn(auth0: ReturnType<typeof startAuth0>): Promise<void> {
      let parameters = new URLSearchParams()
      await auth0.loginWithRedirect({ openUrl: url => void (parameters = new URL(url).searchParams) })
      nonce = parameters.get('nonce')
      const signedIn = auth0.handleRedirectCallback(`${redirectUri}?${new URLSearchParams({ code: 'code', state: parameters.get('state')! })}`)
      await vi.advanceTimersByTimeAsync(1000)
      await signedIn
    }
    return { server, signIn }
  }

  /** A page that is opened after the user has signed in on an earlier page. */
  async function openWithUser() {
    const { server, signIn } = startProvider()
    const auth0 = startAuth0()
    await vi.advanceTimersByTimeAsync(1000)
    await signIn(auth0)
    server.requests.length = 0
    return { server, ...open(auth0Source(startAuth0(), { logout: { openUrl: false } })) }
  }

  it('is anonymous until a user signs in, and then has the user of the ID token', async () => {
    const { signIn } = startProvider()
    const auth0 = startAuth0()
    const { page, state, auth } = open(auth0Source(auth0))
    await page.tick()
    expect(state()).toEqual(['unauthenticated', undefined])
    await signIn(auth0)
    await page.tick()
    expect(state()).toEqual(['authenticated', 'ada'])
    expect(auth.user.value).toMatchObject({ id: 'ada', name: 'Ada' })
  })

  it('restores the user without a request, and renews a refused token with the refresh token', async () => {
    const { page, server, state } = await openWithUser()
    await page.tick(1000)
    expect(state()).toEqual(['authenticated', 'ada'])
    expect(server.requests).toEqual([])
    page.deployment.liveSockets[0]!.refuse()
    await page.tick(5000)
    expect(server.requests.map(request => request.get('refresh_token'))).toEqual(['refresh'])
    expect(state()).toEqual(['authenticated', 'ada'])
  })

  it('keeps the user while the provider cannot be reached, and not when the session has ended', async () => {
    const { page, server, state } = await openWithUser()
    await page.tick(1000)
    server.state = 'down'
    page.deployment.liveSockets[0]!.refuse()
    await page.tick(10_000)
    expect(state()).toEqual(['refreshing', 'ada'])
    server.state = 'ended'
    await page.tick(60_000)
    expect(state()).toEqual(['unauthenticated', undefined])
  })

  it('signs the user out', async () => {
    const { page, state, auth } = await openWithUser()
    await page.tick(1000)
    const signedOut = auth.signOut()
    await page.tick(1000)
    await signedOut
    expect(state()).toEqual(['unauthenticated', undefined])
  })
})

describe('workosSource with the client of @workos-inc/authkit-js', () => {
  const user = { object: 'user', id: 'ada', email: 'ada@example.com', first_name: 'Ada', last_name: null, profile_picture_url: null }

  function openWithUser(refreshToken: string | null) {
    if (refreshToken)
      localStorage.setItem('workos:refresh-token', refreshToken)
    const server = serveTokens(() => ({ user, access_token: fakeToken('ada', { claims: { sid: 'session' } }), refresh_token: 'next' }))
    return {
      server,
      ...open(workosSource(async (callbacks) => {
        const client = await createClient('client_1', { devMode: true, ...callbacks })
        // `dispose` does not end all timers of the client.
        closing.push(() => client.dispose(), () => vi.clearAllTimers())
        return client
      })),
    }
  }

  it('restores the user, and renews a refused token', async () => {
    const { page, server, state, auth } = openWithUser('refresh')
    await page.tick(1000)
    expect(state()).toEqual(['authenticated', 'ada'])
    expect(auth.user.value).toMatchObject({ id: 'ada', name: 'Ada' })
    const before = server.requests.length
    page.deployment.liveSockets[0]!.refuse()
    await page.tick(3000)
    expect(server.requests.length).toBe(before + 1)
    expect(state()).toEqual(['authenticated', 'ada'])
  })

  it('is anonymous without a previous user', async () => {
    const { page, state } = openWithUser(null)
    await page.tick(1000)
    expect(state()).toEqual(['unauthenticated', undefined])
  })

  it('keeps the user while the provider cannot be reached, and not when the session has ended', async () => {
    const { page, server, state } = openWithUser('refresh')
    await page.tick(1000)
    server.state = 'down'
    page.deployment.liveSockets[0]!.refuse()
    await page.tick(5000)
    expect(state()).toEqual(['refreshing', 'ada'])
    server.state = 'ended'
    await page.tick(60_000)
    expect(state()).toEqual(['unauthenticated', undefined])
  })
})

describe('clerkSource with the client of @clerk/clerk-js', () => {
  const user = {
    object: 'user',
    id: 'ada',
    first_name: 'Ada',
    last_name: 'Lovelace',
    primary_email_address_id: 'address',
    email_addresses: [{ object: 'email_address', id: 'address', email_address: 'ada@example.com', linked_to: [] }],
    phone_numbers: [],
    web3_wallets: [],
    external_accounts: [],
    organization_memberships: [],
  }

  /** Clerk's Frontend API, with a client that has a session of ada, or no session. */
  function startProvider(isSignedIn: boolean) {
    const provider = { isSignedIn, isUp: true, issuesTokens: true, tokenRequests: [] as string[] }

    function describeClient() {
      const token = { object: 'token', jwt: fakeToken('ada', { claims: { sid: 'session' } }) }
      const session = { object: 'session', id: 'session', status: 'active', user, last_active_token: token }
      const sessions = provider.isSignedIn ? [session] : []
      return { object: 'client', id: 'client', sessions, last_active_session_id: sessions[0]?.id ?? null }
    }

    vi.stubGlobal('fetch', async (input: URL | string) => {
      const { pathname, searchParams } = new URL(input)
      if (!provider.isUp)
        throw new TypeError('Failed to fetch')
      if (pathname === '/v1/environment')
        return Response.json({ object: 'environment', auth_config: { single_session_mode: true }, display_config: {}, user_settings: {} })
      if (pathname.includes('/tokens')) {
        provider.tokenRequests.push(pathname)
        return provider.isSignedIn && provider.issuesTokens
          ? Response.json({ object: 'token', jwt: fakeToken('ada') })
          : Response.json({ errors: [{ code: 'authentication_invalid', message: 'Invalid authentication' }] }, { status: 401 })
      }
      if (searchParams.get('_method') === 'DELETE')
        provider.isSignedIn = false
      return Response.json({ response: describeClient(), client: null })
    })
    return provider
  }

  async function openWithClerk(isSignedIn: boolean) {
    const provider = startProvider(isSignedIn)
    // The client has no method that ends its timers.
    closing.push(() => vi.clearAllTimers())
    const clerk = new Clerk(`pk_live_${btoa('clerk.app.example$')}`)
    const opened = { provider, ...open(clerkSource(clerk.load().then(() => clerk))) }
    // It hashes the key with a real thread, so the time until it has loaded is not virtual.
    while (!clerk.loaded)
      await opened.page.tick()
    await opened.page.tick(1000)
    return opened
  }

  it('restores the user, and renews a refused token', async () => {
    const { page, provider, state, auth } = await openWithClerk(true)
    expect(state()).toEqual(['authenticated', 'ada'])
    expect(auth.user.value).toMatchObject({ id: 'ada', name: 'Ada Lovelace', email: 'ada@example.com' })
    expect(provider.tokenRequests).toEqual(['/v1/client/sessions/session/tokens/convex'])
    page.deployment.liveSockets[0]!.refuse()
    await page.tick(3000)
    expect(provider.tokenRequests.length).toBe(2)
    expect(state()).toEqual(['authenticated', 'ada'])
  })

  it('is anonymous without a session', async () => {
    const { state } = await openWithClerk(false)
    expect(state()).toEqual(['unauthenticated', undefined])
  })

  it('keeps the user while the provider cannot be reached, and not when the session has ended', async () => {
    const { page, provider, state } = await openWithClerk(true)
    provider.isUp = false
    page.deployment.liveSockets[0]!.refuse()
    await page.tick(30_000)
    expect(state()).toEqual(['refreshing', 'ada'])
    provider.isUp = true
    provider.isSignedIn = false
    await page.tick(60_000)
    expect(state()).toEqual(['unauthenticated', undefined])
  })

  it('keeps the user if Clerk refuses to issue a token but still has the session', async () => {
    const { page, provider, state } = await openWithClerk(true)
    provider.issuesTokens = false
    page.deployment.liveSockets[0]!.refuse()
    await page.tick(10_000)
    expect(state()).toEqual(['refreshing', 'ada'])
    provider.issuesTokens = true
    await page.tick(60_000)
    expect(state()).toEqual(['authenticated', 'ada'])
  })

  it('signs the user out', async () => {
    const { page, provider, state, auth } = await openWithClerk(true)
    const signedOut = auth.signOut()
    await page.tick(5000)
    await signedOut
    expect(provider.isSignedIn).toBe(false)
    expect(state()).toEqual(['unauthenticated', undefined])
  })
})
