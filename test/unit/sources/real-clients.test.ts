import type { TokenSource } from 'convue'
import { createClient } from '@workos-inc/authkit-js'
import { useAuthedQuery } from 'convue'
import { oidcSource, workosSource } from 'convue/sources'
import { User, UserManager, WebStorageStateStore } from 'oidc-client-ts'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { fakeToken } from '../../support/scripted/fake-token.ts'
import { api } from '../../support/scripted/scripted-api.ts'
import { ScriptedPage, setupScriptedPage } from '../../support/scripted/scripted-page.ts'

setupScriptedPage()
/** Ends what the clients of a test do in the background. */
const closing: (() => void)[] = []
afterEach(() => {
  closing.splice(0).forEach(close => close())
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

describe('workosSource with the client of @workos-inc/authkit-js', () => {
  const user = { object: 'user', id: 'ada', email: 'ada@example.com', first_name: 'Ada', last_name: null, profile_picture_url: null }

  function openWithUser(refreshToken: string | null) {
    // The environment of the test has no locks between tabs.
    vi.stubGlobal('navigator', Object.create(navigator, {
      locks: { value: { request: (_name: string, _options: object, run: () => unknown) => run() } },
    }))
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
