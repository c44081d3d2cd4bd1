import { betterAuth } from 'better-auth'
import { betterAuth as betterAuthNext } from 'better-auth-next'
import { createAuthClient as createAuthClientNext } from 'better-auth-next/vue'
import { createAuthClient } from 'better-auth/vue'
import { createConvex } from 'convue'
import { describe, expectTypeOf, it } from 'vitest'
import { convexClient, crossDomainClient } from '../../src/convex/client/index.ts'
import { convex, crossDomain } from '../../src/convex/index.ts'

describe('convex', () => {
  it('adds its endpoints to auth.api, in each version of Better Auth', () => {
    const plugins = [convex()]
    const auth = betterAuth({ plugins })
    const next = betterAuthNext({ plugins })
    const headers = new Headers()
    expectTypeOf(auth.api.getToken({ headers })).resolves.toEqualTypeOf<{ token: string }>()
    expectTypeOf(next.api.getToken({ headers })).resolves.toEqualTypeOf<{ token: string }>()
    expectTypeOf(next.api.getToken({ headers, asResponse: true })).resolves.toEqualTypeOf<Response>()
    expectTypeOf(next.api.rotateKeys({ body: { revoke: true } })).resolves.toExtend<{ publicKey: string }[]>()
    expectTypeOf(auth.api.getJwks()).resolves.toExtend<{ keys: { kid: string }[] }>()
    // @ts-expect-error the session is in the headers
    void next.api.getToken()
    expectTypeOf(auth.api.getSession({ headers })).resolves.toExtend<{ user: { id: string } } | null>()
  })
})

describe('convexClient', () => {
  it('makes a client that createConvex accepts, in each version of Better Auth', () => {
    const client = createAuthClient({ plugins: [convexClient()] })
    const next = createAuthClientNext({ plugins: [convexClient()] })
    expectTypeOf(createConvex({ url: '', authClient: client })).toHaveProperty('auth')
    expectTypeOf(createConvex({ url: '', authClient: next })).toHaveProperty('auth')
    expectTypeOf(client.convex.token()).resolves.toExtend<{ data: { token: string } | null }>()
    expectTypeOf(next.convex.token()).resolves.toExtend<{ data: { token: string } | null }>()
    expectTypeOf(next).not.toHaveProperty('rotateKeys')
  })
})

describe('crossDomain and crossDomainClient', () => {
  it('add their endpoint and action, in each version of Better Auth', () => {
    const plugins = [convex(), crossDomain({ siteUrl: 'https://app.example' })]
    const [auth, next] = [betterAuth({ plugins }), betterAuthNext({ plugins })]
    expectTypeOf(auth.api.verifyOneTimeToken({ body: { token: '' } })).resolves.toExtend<{ user: { id: string } }>()
    expectTypeOf(next.api.verifyOneTimeToken({ body: { token: '' } })).resolves.toExtend<{ user: { id: string } }>()
    const client = createAuthClient({ plugins: [convexClient(), crossDomainClient()] })
    const nextClient = createAuthClientNext({ plugins: [convexClient(), crossDomainClient()] })
    expectTypeOf(client.getCookie()).toEqualTypeOf<string>()
    expectTypeOf(nextClient.getCookie()).toEqualTypeOf<string>()
    expectTypeOf(createConvex({ url: '', authClient: nextClient })).toHaveProperty('auth')
  })
})
