import type { AuthStatus, ConvexUser, ConvueErrorCode, SessionSnapshot } from 'convue'
import { convexClient } from '@convex-dev/better-auth/client/plugins'
import { createAuthClient } from 'better-auth/client'
import { organizationClient } from 'better-auth/client/plugins'
import { createAuthClient as createVueAuthClient } from 'better-auth/vue'
import { ConvueError, createConvex, IdentityChangedError, useConvexAuth } from 'convue'
import { describe, expectTypeOf, it } from 'vitest'
import { createApp } from 'vue'

const url = 'https://happy-otter-123.convex.cloud'

describe('createConvex: the defaults of queries', () => {
  it('have the types of the options of queries', () => {
    createConvex({ url, queryAuth: 'public', keepPreviousData: true, lingerMs: 0 })
    // @ts-expect-error there is no such auth mode
    createConvex({ url, queryAuth: 'user' })
  })
})

describe('createConvex: authClient', () => {
  it('is a client of better-auth/client or /vue with convexClient() and any other plugins', () => {
    createConvex({ url, authClient: createAuthClient({ plugins: [convexClient()] }) })
    createConvex({ url, authClient: createVueAuthClient({ plugins: [convexClient()] }) })
    createConvex({ url, authClient: createVueAuthClient({ baseURL: url, plugins: [organizationClient(), convexClient()] }) })
  })

  it('does not compile without convexClient()', () => {
    // @ts-expect-error convexClient() is missing
    createConvex({ url, authClient: createAuthClient() })
    // @ts-expect-error convexClient() is missing
    createConvex({ url, authClient: createVueAuthClient() })
    // @ts-expect-error convexClient() is missing
    createConvex({ url, authClient: createVueAuthClient({ plugins: [organizationClient()] }) })
    // @ts-expect-error this is not an auth client
    createConvex({ url, authClient: {} })
  })

  it('needs no convexClient() without tokens', () => {
    createConvex({ url, authClient: createAuthClient(), tokens: false })
    createConvex({ url, authClient: createVueAuthClient({ plugins: [convexClient()] }), tokens: false })
    // @ts-expect-error convexClient() is missing
    createConvex({ url, authClient: createAuthClient(), tokens: true })
    // @ts-expect-error this is not an auth client
    createConvex({ url, authClient: {}, tokens: false })
  })

  it('needs no convexClient() if another plugin issues the tokens', () => {
    createConvex({ url, authClient: createAuthClient(), tokenPath: '/token' })
    // @ts-expect-error this is not an auth client
    createConvex({ url, authClient: {}, tokenPath: '/token' })
  })
})

describe('createConvex: options', () => {
  it('require a url', () => {
    // @ts-expect-error the url is missing
    createConvex({})
    // @ts-expect-error an environment variable may be missing
    createConvex({ url: undefined as string | undefined })
  })

  it('accept the options of a ConvexClient that an app may set', () => {
    createConvex({ url, clientOptions: {} })
    createConvex({ url, clientOptions: { logger: false, verbose: true, unsavedChangesWarning: false } })
    createConvex({ url, clientOptions: { authRefreshTokenLeewaySeconds: 30, skipConvexDeploymentUrlCheck: true } })
    // @ts-expect-error Convue opens a client in browsers only
    createConvex({ url, clientOptions: { disabled: true } })
    // @ts-expect-error an anonymous client would never connect
    createConvex({ url, clientOptions: { expectAuth: true } })
    // @ts-expect-error Convue sets this option itself
    createConvex({ url, clientOptions: { initialAuthTokenReuse: false } })
  })

  it('accept any other provider', () => {
    createConvex({
      url,
      tokenSource: {
        getSnapshot: () => ({ status: 'signedOut' }),
        subscribe: () => () => {},
        fetchToken: async ({ force }) => {
          expectTypeOf(force).toEqualTypeOf<boolean>()
          return { kind: 'denied' }
        },
      },
    })
  })
})

describe('createConvex: the plugin', () => {
  it('is accepted by app.use', () => {
    const convex = createConvex({ url })
    createApp({}).use(convex)
    expectTypeOf(convex.close).toEqualTypeOf<() => Promise<void>>()
    expectTypeOf(convex.auth).toEqualTypeOf<ReturnType<typeof useConvexAuth>>()
  })
})

describe('useConvexAuth: types', () => {
  it('has the state of the current user', () => {
    const { status, user, error, isAuthenticated, ready, refresh } = useConvexAuth()
    expectTypeOf(status.value).toEqualTypeOf<AuthStatus>()
    expectTypeOf<AuthStatus>().toEqualTypeOf<'loading' | 'unauthenticated' | 'authenticating' | 'authenticated' | 'refreshing'>()
    expectTypeOf(user.value).toEqualTypeOf<ConvexUser | null>()
    expectTypeOf(error.value).toEqualTypeOf<Error | null>()
    expectTypeOf(isAuthenticated.value).toEqualTypeOf<boolean>()
    expectTypeOf(refresh).toEqualTypeOf<() => Promise<void>>()
    expectTypeOf(ready()).resolves.toEqualTypeOf<boolean | undefined>()
  })
})

describe('TokenSource: types', () => {
  it('accepts sessions without an id', () => {
    expectTypeOf<{ status: 'signedIn', userId: string, user: object, session: null }>().toExtend<SessionSnapshot>()
    expectTypeOf<{ status: 'signedIn', userId: string, sessionId: null, user: object, session: null }>().toExtend<SessionSnapshot>()
    expectTypeOf<{ status: 'signedIn', sessionId: string, user: object, session: null }>().not.toExtend<SessionSnapshot>()
  })
})

describe('ConvueError: types', () => {
  it('narrows to its code and outcome', () => {
    const error = new Error('any') as unknown
    if (error instanceof IdentityChangedError)
      expectTypeOf(error.outcome).toEqualTypeOf<'notSent' | 'unknown'>()
    else if (error instanceof ConvueError)
      expectTypeOf(error.code).toEqualTypeOf<ConvueErrorCode>()
  })
})
