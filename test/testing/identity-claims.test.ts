import type { AuthProvider } from 'convex/server'
import type { JWTPayload } from 'jose'
import { Buffer } from 'node:buffer'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { AuthenticationError, Authenticator } from '../../src/testing/runtime/auth.ts'

const ISSUER = 'https://issuer.example'

let key: CryptoKey
let jwks: { keys: object[] }
beforeAll(async () => {
  const { publicKey, privateKey } = await generateKeyPair('RS256')
  key = privateKey
  jwks = { keys: [{ ...await exportJWK(publicKey), kid: 'k', alg: 'RS256' }] }
})

async function sign(claims: JWTPayload, expiresAt = Math.floor(Date.now() / 1000) + 60): Promise<string> {
  return await new SignJWT({ iss: ISSUER, sub: 'ada', aud: 'app', iat: 1, exp: expiresAt, ...claims }).setProtectedHeader({ alg: 'RS256', kid: 'k' }).sign(key)
}

async function signWithoutKeyId(): Promise<string> {
  return await new SignJWT({ iss: ISSUER, sub: 'ada', aud: 'app', iat: 1, exp: Math.floor(Date.now() / 1000) + 60 }).setProtectedHeader({ alg: 'RS256' }).sign(key)
}

function customJwt(): AuthProvider {
  const data = Buffer.from(JSON.stringify(jwks)).toString('base64')
  return { type: 'customJwt', issuer: ISSUER, applicationID: 'app', algorithm: 'RS256', jwks: `data:application/json;base64,${data}` }
}

/** Answers the requests for the provider's keys. */
function requestKeys(url: string): Promise<Response> {
  return Promise.resolve(Response.json(
    url === `${ISSUER}/.well-known/openid-configuration` ? { jwks_uri: `${ISSUER}/keys` } : jwks,
  ))
}

async function identify(provider: AuthProvider, token: string): Promise<Record<string, unknown>> {
  const authenticator = await Authenticator.create({ providers: [provider] }, requestKeys)
  return (await authenticator.verify(token)).identity
}

const OPEN_ID: AuthProvider = { domain: ISSUER, applicationID: 'app' }
const SUBJECT = { issuer: ISSUER, subject: 'ada', tokenIdentifier: `${ISSUER}|ada` }

describe('the identity of a customJwt token', () => {
  it('has the claims of the token under the same names', async () => {
    const claims = { name: 'Ada', email_verified: true, picture: 'https://ada.example', updated_at: 1_700_000_000, address: 'London' }
    expect(await identify(customJwt(), await sign(claims))).toEqual({ ...claims, ...SUBJECT })
  })

  it('has each nested claim under its path, such as org.id', async () => {
    const claims = { org: { id: 'o1', roles: ['admin'], plan: { name: 'pro' } } }
    expect(await identify(customJwt(), await sign(claims))).toEqual({ 'org.id': 'o1', 'org.roles': ['admin'], 'org.plan.name': 'pro', ...SUBJECT })
  })

  it('has no claims about the token itself, and no claim fva', async () => {
    expect(await identify(customJwt(), await sign({ fva: [1, 2], jti: 'j', nbf: 1 }))).toEqual(SUBJECT)
  })

  it('remains valid for five seconds after the expiry of the token', async () => {
    const now = Math.floor(Date.now() / 1000)
    expect(await identify(customJwt(), await sign({}, now - 2))).toMatchObject({ subject: 'ada' })
    await expect(identify(customJwt(), await sign({}, now - 10))).rejects.toMatchObject({ code: 'TokenExpired' })
  })

  it('is accepted if the token has several audiences', async () => {
    expect(await identify(customJwt(), await sign({ aud: ['other', 'app'] }))).toEqual(SUBJECT)
  })
})

describe('a token without a part that Convex requires', () => {
  it.each(['sub', 'exp', 'iss', 'aud'])('is refused for both kinds of providers: %s', async (claim) => {
    const token = await sign({ [claim]: undefined })
    await expect(identify(customJwt(), token)).rejects.toBeInstanceOf(AuthenticationError)
    await expect(identify(OPEN_ID, token)).rejects.toBeInstanceOf(AuthenticationError)
  })

  it('is refused for a customJwt provider: kid', async () => {
    await expect(identify(customJwt(), await signWithoutKeyId())).rejects.toMatchObject({
      code: 'InvalidAuthHeader',
      message: 'Could not decode token. JWT may be missing a \'kid\' (key ID) header.',
    })
  })

  it('is refused if its header cannot be decoded', async () => {
    const [, ...rest] = (await sign({})).split('.')
    await expect(identify(customJwt(), ['garbage', ...rest].join('.'))).rejects.toMatchObject({ code: 'InvalidAuthHeader' })
  })

  it('is accepted for an OpenID Connect provider with one key: kid', async () => {
    expect(await identify(OPEN_ID, await signWithoutKeyId())).toEqual(SUBJECT)
  })

  it('is refused for an OpenID Connect provider: iat', async () => {
    const token = await sign({ iat: undefined })
    await expect(identify(OPEN_ID, token)).rejects.toMatchObject({ code: 'Unauthenticated' })
    expect(await identify(customJwt(), token)).toEqual(SUBJECT)
  })
})

describe('the identity of an OpenID Connect token', () => {
  it('has the standard claims under the names of UserIdentity', async () => {
    const token = await sign({
      name: 'Ada',
      given_name: 'Augusta',
      email_verified: true,
      picture: 'https://ada.example/picture',
      profile: 'https://ada.example/profile',
      website: 'https://ada.example',
      locale: 'en',
      zoneinfo: 'Europe/London',
      birthdate: '1815-12-10',
      phone_number: '+44',
      phone_number_verified: false,
    })
    expect(await identify(OPEN_ID, token)).toEqual({
      name: 'Ada',
      givenName: 'Augusta',
      emailVerified: true,
      pictureUrl: 'https://ada.example/picture',
      profileUrl: 'https://ada.example/profile',
      websiteUrl: 'https://ada.example',
      language: 'en',
      timezone: 'Europe/London',
      birthday: '1815-12-10',
      phoneNumber: '+44',
      phoneNumberVerified: false,
      ...SUBJECT,
    })
  })

  it('has the formatted address, and the time of the update as RFC 3339', async () => {
    const token = await sign({ address: { formatted: '12 St James\'s Square', country: 'UK' }, updated_at: 1_700_000_000 })
    expect(await identify(OPEN_ID, token)).toEqual({ address: '12 St James\'s Square', updatedAt: '2023-11-14T22:13:20+00:00', ...SUBJECT })
  })

  it('has all other claims unchanged, except fva, jti and nbf', async () => {
    const token = await sign({ org: { id: 'o1' }, role: 'admin', fva: [1, 2], jti: 'j', nbf: 1 })
    expect(await identify(OPEN_ID, token)).toEqual({ org: { id: 'o1' }, role: 'admin', ...SUBJECT })
  })

  it('is refused if the token has two audiences', async () => {
    await expect(identify(OPEN_ID, await sign({ aud: ['app', 'other'] }))).rejects.toMatchObject({ code: 'Unauthenticated' })
    expect(await identify(OPEN_ID, await sign({ aud: ['app'] }))).toEqual(SUBJECT)
  })

  it('is refused as soon as the token has expired', async () => {
    await expect(identify(OPEN_ID, await sign({}, Math.floor(Date.now() / 1000) - 2))).rejects.toMatchObject({ code: 'TokenExpired' })
  })
})
