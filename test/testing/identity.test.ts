import type { Deployment } from '../../src/testing/index.ts'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { Authenticator } from '../../src/testing/runtime/auth.ts'
import { api } from '../support/convex/_generated/api.js'
import { eventually } from '../support/environment/eventually.ts'
import { createToken, signUp, startFixture } from '../support/live/deployment.ts'
import { add, RawClient } from './raw-client.ts'

let deployment: Deployment
beforeAll(async () => {
  deployment = await startFixture({ env: { JWT_SECONDS: '60' } })
  // The interval cron of the functions runs at the start, and changes the counters.
  await deployment.settled()
})
afterAll(() => deployment.close())

/** Creates a token that is valid on the deployment's clock, which a test may have set forward. */
async function tokenNow(subject: string, options: Parameters<typeof createToken>[1] = {}): Promise<string> {
  deployment.log.length = 0
  await deployment.query(api.counters.total)
  return await createToken(subject, { now: deployment.log.at(-1)!.at, ...options })
}

describe('an accepted token', () => {
  it('is confirmed by a transition, and every query runs again as the user', async () => {
    const client = await RawClient.open(deployment.url)
    client.modify(0, add(1, 'users:whoamiTagged', { tag: 'a' }), add(2, 'counters:total'))
    expect((await client.next()).modifications[0].value).toEqual({ tag: 'a', subject: null })
    deployment.log.length = 0
    client.authenticate(0, await tokenNow('ada'))
    const transition = await client.next()
    expect(transition.endVersion).toMatchObject({ querySet: 1, identity: 1 })
    // The total is the same for every identity and is not sent again.
    expect(transition.modifications).toMatchObject([{ type: 'QueryUpdated', queryId: 1, value: { tag: 'a', subject: 'ada' } }])
    await deployment.settled()
    expect(deployment.log.filter(({ kind, subject }) => kind === 'query' && subject === 'ada').map(({ name }) => name).sort())
      .toEqual(['counters:total', 'users:whoamiTagged'])
  })

  it('has no effect any more when the client becomes anonymous', async () => {
    const client = await RawClient.open(deployment.url)
    client.authenticate(0, await tokenNow('ada'))
    client.modify(0, add(1, 'users:whoamiTagged', { tag: 'b' }))
    await eventually(() => client.transitions.at(-1)?.endVersion).toMatchObject({ querySet: 1, identity: 1 })
    client.authenticate(1, null)
    await eventually(() => client.transitions.at(-1)).toMatchObject({ endVersion: { identity: 2 }, modifications: [{ value: { subject: null } }] })
  })

  it('has claims that functions receive in the identity, under the same names', async () => {
    const client = await RawClient.open(deployment.url)
    client.authenticate(0, await tokenNow('ada', { claims: { name: 'Ada', email_verified: true, given_name: 'Augusta', role: 'admin' } }))
    client.modify(0, add(1, 'users:identity'))
    await eventually(() => client.transitions.at(-1)?.modifications[0]?.value).toEqual({
      issuer: 'https://tests.convue.dev',
      subject: 'ada',
      tokenIdentifier: 'https://tests.convue.dev|ada',
      name: 'Ada',
      email_verified: true,
      given_name: 'Augusta',
      role: 'admin',
    })
  })
})

describe('a refused token', () => {
  const cases: [name: string, token: () => string | Promise<string>][] = [
    ['garbage', () => 'garbage'],
    ['signed with another key', () => tokenNow('ada', { forged: true })],
    ['of an unknown issuer', () => tokenNow('ada', { claims: { iss: 'https://elsewhere.dev' } })],
    ['for another audience', () => tokenNow('ada', { claims: { aud: 'another app' } })],
    // The provider is `customJwt`, whose tokens are accepted up to five seconds after their expiry.
    ['expired', () => tokenNow('ada', { expiresIn: -10 })],
  ]
  it.each(cases)('causes an AuthError for the auth update, and ends the connection: %s', async (_name, token) => {
    const client = await RawClient.open(deployment.url)
    client.authenticate(0, await token())
    client.modify(0, add(1, 'users:whoami'))
    expect(await client.next()).toEqual({ type: 'AuthError', error: expect.any(String), baseVersion: 0, authUpdateAttempted: true })
    // As on Convex, the closing frame has no code: the message contains the reason.
    expect((await client.closed).code).toBe(1005)
    expect(client.received).toHaveLength(1)
    await deployment.settled()
    expect(deployment.log.findLast(({ name }) => name === 'authenticate')).toMatchObject({ outcome: 'error', subject: null })
  })

  it('is answered with 401 over HTTP', async () => {
    const response = await fetch(`${deployment.url}/api/query`, {
      method: 'POST',
      headers: { 'authorization': 'Bearer garbage', 'content-type': 'application/json' },
      body: JSON.stringify({ path: 'users:whoami', args: {} }),
    })
    expect(response.status).toBe(401)
    expect(await response.json()).toEqual({ code: 'InvalidAuthHeader', message: expect.any(String) })
  })

  it('never appears in the log', async () => {
    const token = await tokenNow('ada', { forged: true })
    const client = await RawClient.open(deployment.url)
    client.authenticate(0, token)
    await client.closed
    await deployment.settled()
    expect(JSON.stringify(deployment.log)).not.toContain(token.slice(-20))
  })
})

describe('an identity that expires', () => {
  it('causes an AuthError with authUpdateAttempted: false when a call uses it', async () => {
    const client = await RawClient.open(deployment.url)
    client.authenticate(0, await tokenNow('ada', { expiresIn: 60 }))
    client.modify(0, add(1, 'counters:get', { name: 'expiry' }))
    await eventually(() => client.transitions.at(-1)?.endVersion).toMatchObject({ querySet: 1, identity: 1 })
    await deployment.advanceClock(61_000)
    client.mutate(0, 'counters:increment', { name: 'expiry' })
    expect(await client.nextOf('AuthError')).toEqual({ type: 'AuthError', error: 'Convex token identity expired', baseVersion: 1, authUpdateAttempted: false })
    await client.closed
    expect(await deployment.query(api.counters.get, { name: 'expiry' })).toBe(0)
  })

  it('causes an AuthError instead of another run of a live query', async () => {
    const client = await RawClient.open(deployment.url)
    client.authenticate(0, await tokenNow('ada', { expiresIn: 60 }))
    client.modify(0, add(1, 'counters:get', { name: 'expiry' }))
    await eventually(() => client.transitions.at(-1)?.endVersion).toMatchObject({ querySet: 1, identity: 1 })
    await deployment.advanceClock(61_000)
    await deployment.mutation(api.counters.increment, { name: 'expiry' })
    expect(await client.nextOf('AuthError')).toMatchObject({ authUpdateAttempted: false })
  })
})

describe('a call', () => {
  it('runs as the identity of the client at the time of sending', async () => {
    const client = await RawClient.open(deployment.url)
    client.mutate(0, 'messages:send', { channel: 'receipt', body: 'as anonymous' })
    client.authenticate(0, await tokenNow('ada'))
    client.mutate(1, 'messages:send', { channel: 'receipt', body: 'as ada' })
    client.authenticate(1, null)
    client.mutate(2, 'messages:send', { channel: 'receipt', body: 'as anonymous again' })
    await eventually(() => client.received.filter(({ type }) => type === 'MutationResponse')).toHaveLength(3)
    const messages = await deployment.query(api.messages.list, { channel: 'receipt' })
    expect(messages.map(({ body, author }) => [body, author])).toEqual([['as anonymous', null], ['as ada', 'ada'], ['as anonymous again', null]])
  })

  it('runs as the identity that a test names', async () => {
    expect(await deployment.query(api.users.whoami)).toBeNull()
    expect(await deployment.query(api.users.whoami, {}, { identity: { subject: 'grace', name: 'Grace' } })).toMatchObject({ subject: 'grace', name: 'Grace' })
  })
})

describe('a token of Better Auth', () => {
  it('has the lifetime that the functions set, while its session lasts longer', async () => {
    const session = await signUp(deployment)
    const token = await session.fetchToken()
    const client = await RawClient.open(deployment.url)
    client.authenticate(0, token)
    await client.nextOf('Transition')
    await deployment.advanceClock(61_000)
    const late = await RawClient.open(deployment.url)
    late.authenticate(0, token)
    expect(await late.next()).toMatchObject({ type: 'AuthError' })
    const next = await RawClient.open(deployment.url)
    next.authenticate(0, await session.fetchToken())
    expect(await next.next()).toMatchObject({ type: 'Transition', endVersion: { identity: 1 } })
  })

  it('cannot be renewed after a sign-out, but authenticates queries until it expires', async () => {
    const session = await signUp(deployment)
    const client = await RawClient.open(deployment.url)
    client.authenticate(0, await session.fetchToken())
    client.modify(0, add(1, 'users:current'), add(2, 'users:whoamiTagged', { tag: 'after' }))
    await eventually(() => client.transitions.at(-1)?.modifications[0]?.value).toMatchObject({ email: session.email })
    await session.signOut()
    await eventually(() => client.transitions.at(-1)?.modifications).toMatchObject([{ queryId: 1, value: null }])
    expect(await session.fetchToken()).toBeNull()
  })
})

describe('an OpenID provider', () => {
  it('is requested for its keys at the URL in its discovery document', async () => {
    const { publicKey, privateKey } = await generateKeyPair('RS256')
    const keys = { keys: [{ ...await exportJWK(publicKey), kid: 'k', alg: 'RS256' }] }
    const server = createServer((request, response) => {
      const discovery = { jwks_uri: `http://${request.headers.host}/keys` }
      response.end(JSON.stringify(request.url === '/.well-known/openid-configuration' ? discovery : keys))
    })
    onTestFinished(() => {
      server.close()
      server.closeAllConnections()
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const issuer = `http://127.0.0.1:${(server.address() as { port: number }).port}`
    const authenticator = await Authenticator.create({ providers: [{ domain: issuer, applicationID: 'app' }] })
    const token = await new SignJWT({ sub: 'ada' }).setProtectedHeader({ alg: 'RS256', kid: 'k' }).setIssuer(`${issuer}/`).setAudience('app').setIssuedAt().setExpirationTime('1m').sign(privateKey)
    expect((await authenticator.verify(token)).identity.subject).toBe('ada')
  })
})
