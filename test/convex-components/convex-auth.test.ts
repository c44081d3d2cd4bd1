import type { Deployment } from '../../src/testing/index.ts'
import { ConvexClient, ConvexHttpClient } from 'convex/browser'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { eventually } from '../support/environment/eventually.ts'
import { startConvexAuth } from './app.ts'
import { api, internal } from './apps/convex-auth/convex/_generated/api.js'

const HOUR = 3_600_000
const PASSWORD = 'correct horse battery'

let deployment: Deployment
beforeAll(async () => void (deployment = await startConvexAuth()))
afterAll(() => deployment.close())

interface Tokens {
  token: string
  refreshToken: string
}

async function signIn(params: Record<string, string>, provider = 'password'): Promise<Tokens> {
  const { tokens } = await new ConvexHttpClient(deployment.url).action(api.auth.signIn, { provider, params })
  if (!tokens)
    throw new Error('There are no tokens')
  return tokens
}

/** A client with the token of a session. */
function clientOf({ token }: Pick<Tokens, 'token'>): ConvexHttpClient {
  return new ConvexHttpClient(deployment.url, { auth: token })
}

async function refresh({ refreshToken }: Tokens): Promise<Tokens | null | undefined> {
  return (await new ConvexHttpClient(deployment.url).action(api.auth.signIn, { refreshToken })).tokens
}

describe('@convex-dev/auth', () => {
  it('signs a user up and in with a password, and runs queries as this user', async () => {
    const account = { email: 'Ada@example.com', password: PASSWORD, name: 'Ada' }
    const tokens = await signIn({ ...account, flow: 'signUp' })
    const ada = { name: 'Ada', email: 'ada@example.com', hasSession: true }
    expect(await clientOf(tokens).query(api.users.me)).toEqual(ada)
    expect(await clientOf(tokens).query(api.auth.isAuthenticated)).toBe(true)
    expect(await new ConvexHttpClient(deployment.url).query(api.users.me)).toBeNull()

    expect(await clientOf(await signIn({ ...account, flow: 'signIn' })).query(api.users.me)).toEqual(ada)
    await expect(signIn({ ...account, password: 'wrong horse battery', flow: 'signIn' })).rejects.toThrow('InvalidSecret')
    await expect(signIn({ email: 'bea@example.com', password: 'short', flow: 'signUp' })).rejects.toThrow('Invalid password')
  })

  it('authenticates a socket, refuses an expired token, and accepts a refreshed token', async () => {
    const tokens = await signIn({ email: 'cleo@example.com', password: PASSWORD, name: 'Cleo', flow: 'signUp' })
    const client = new ConvexClient(deployment.url, { webSocketConstructor: WebSocket as never })
    onTestFinished(() => client.close())
    client.setAuth(async () => tokens.token)
    let me: { name?: string } | null | undefined
    client.onUpdate(api.users.me, {}, value => me = value)
    await eventually(() => me?.name).toBe('Cleo')

    await deployment.advanceClock(2 * HOUR)
    await expect(clientOf(tokens).query(api.users.me)).rejects.toThrow()
    const renewed = await refresh(tokens)
    expect(await clientOf(renewed!).query(api.users.me)).toMatchObject({ name: 'Cleo' })
  })

  it('resets a password with a code, and ends the other sessions', async () => {
    const account = { email: 'dora@example.com', password: PASSWORD, name: 'Dora' }
    const tokens = await signIn({ ...account, flow: 'signUp' })
    const http = new ConvexHttpClient(deployment.url)
    expect(await http.action(api.auth.signIn, { provider: 'password', params: { email: account.email, flow: 'reset' } })).toEqual({ tokens: null })
    const code = await deployment.query(internal.users.lastCode, { to: account.email })
    const reset = { email: account.email, newPassword: 'another horse battery', flow: 'reset-verification' }
    await expect(signIn({ ...reset, code: '00000000' })).rejects.toThrow()
    const renewed = await signIn({ ...reset, code })
    expect(await clientOf(renewed).query(api.users.me)).toMatchObject({ name: 'Dora' })
    expect(await refresh(tokens)).toBeNull()
    await expect(signIn({ ...account, flow: 'signIn' })).rejects.toThrow('InvalidSecret')
    expect(await signIn({ ...account, password: reset.newPassword, flow: 'signIn' })).toBeDefined()
  })

  it('signs an anonymous user in and out', async () => {
    const tokens = await signIn({}, 'anonymous')
    expect(await clientOf(tokens).query(api.users.me)).toMatchObject({ isAnonymous: true })
    const before = await deployment.query(internal.users.sessions)
    await clientOf(tokens).action(api.auth.signOut)
    expect(await deployment.query(internal.users.sessions)).toBe(before - 1)
    expect(await refresh(tokens)).toBeNull()
  })

  it('publishes its keys', async () => {
    const configuration = await (await fetch(`${deployment.siteUrl}/.well-known/openid-configuration`)).json() as { issuer: string, jwks_uri: string }
    expect(configuration.issuer).toBe(deployment.siteUrl)
    expect(await (await fetch(configuration.jwks_uri)).json()).toMatchObject({ keys: [{ use: 'sig', kty: 'RSA' }] })
  })
})
