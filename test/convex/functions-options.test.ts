import { betterAuth } from 'better-auth/minimal'
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { defineAuthFunctions, hasRole, registerAuthRoutes, wrapAuthApi } from '../../src/convex/index.ts'

const builder = (definition: any): any => definition
const options = { query: builder, mutation: builder, action: builder, createAuth: () => ({}) as any }

describe('defineAuthFunctions', () => {
  it.each([
    { option: 'query', wrong: { query: undefined } },
    { option: 'mutation', wrong: { mutation: 'mutation' } },
    { option: 'action', wrong: { action: {} } },
    { option: 'createAuth', wrong: { createAuth: 'auth' } },
    { option: 'component', wrong: { component: undefined } },
    { option: 'functions', wrong: { functions: {} } },
  ])('throws CONVEX_OPTION_INVALID for a wrong $option', ({ option, wrong }) => {
    expect(() => defineAuthFunctions({ ...options, ...wrong } as never))
      .toThrow(expect.objectContaining({ code: 'CONVEX_OPTION_INVALID', why: expect.stringContaining(`\`${option}\``) }))
  })

  it('throws CONVEX_OPTION_INVALID for a wrong builder or predicate', () => {
    const { withAuth, authedQuery, isMember } = defineAuthFunctions(options)
    const expected = expect.objectContaining({ code: 'CONVEX_OPTION_INVALID' })
    expect(() => withAuth(undefined as never)).toThrow(expected)
    expect(() => authedQuery.allow('admin' as never)).toThrow(expected)
    expect(() => isMember({} as never)).toThrow(expected)
    expect(() => isMember({ organization: 'active', roles: 'owner' } as never)).toThrow(expected)
    expect(() => hasRole()).toThrow(expected)
    expect(() => hasRole('')).toThrow(expected)
  })

  it('works without `createAuth`, except for the helpers that call Better Auth', async () => {
    const { createAuth: _, ...others } = options
    const helpers = defineAuthFunctions(others) as any
    const ctx = {
      auth: { getUserIdentity: async () => ({ subject: 'user:1', sessionId: 'session:1', issuer: '', tokenIdentifier: '' }) },
      db: {
        normalizeId: (_table: string, id: string) => id,
        get: async (_id: string) => ({ _id, userId: 'user:1', expiresAt: Date.now() + 600_000 }),
      },
    }
    expect(await helpers.getAuthUser(ctx)).toMatchObject({ _id: 'user:1' })
    for (const name of ['getAuth', 'getHeaders', 'safeGetHeaders']) {
      await expect(helpers[name](ctx)).rejects.toMatchObject({
        code: 'CONVEX_OPTION_INVALID',
        why: expect.stringMatching(new RegExp(`\`${name.replace('safeG', '(?:safeG|g)')}\` needs the option \`createAuth\``)),
      })
    }
  })

  it('has no `optional` after `allow`, which would run without the predicates', () => {
    const { authedQuery, withAuth } = defineAuthFunctions(options)
    for (const allowed of [authedQuery.allow(hasRole('admin')), withAuth(builder).allow(hasRole('admin')).allow(() => true)])
      expect(allowed).not.toHaveProperty('optional')
    expect(authedQuery).toHaveProperty('optional')
  })

  it('reads the tables that `tables` names', async () => {
    const { getAuthUser } = defineAuthFunctions({ ...options, tables: { user: 'users', session: 'logins' } })
    const documents: Record<string, object> = {
      'users:1': { _id: 'users:1', name: 'Ada' },
      'logins:1': { _id: 'logins:1', userId: 'users:1', expiresAt: Date.now() + 600_000 },
    }
    const ctx = {
      auth: { getUserIdentity: async () => ({ subject: 'users:1', sessionId: 'logins:1', issuer: '', tokenIdentifier: '' }) },
      runQuery: () => Promise.reject(new Error('not needed')),
      db: { normalizeId: (table: string, id: string) => id.startsWith(`${table}:`) ? id : null, get: async (id: string) => documents[id] },
    }
    expect(await getAuthUser(ctx as never)).toMatchObject({ name: 'Ada' })
  })

  it('throws CONVEX_CONTEXT_INVALID if a helper is called without a context', async () => {
    const { getAuthUser, authedCtx } = defineAuthFunctions(options)
    await expect(getAuthUser(undefined as never)).rejects.toMatchObject({ code: 'CONVEX_CONTEXT_INVALID', why: expect.stringContaining('getAuthUser') })
    await expect(authedCtx({} as never)).rejects.toMatchObject({ code: 'CONVEX_CONTEXT_INVALID' })
  })
})

describe('wrapAuthApi', () => {
  it('throws CONVEX_OPTION_INVALID without an API', () => {
    expect(() => wrapAuthApi(undefined as never)).toThrow(expect.objectContaining({ code: 'CONVEX_OPTION_INVALID' }))
  })

  it('keeps the properties of endpoints, and members that are not endpoints', () => {
    const endpoint = Object.assign(async () => 'result', { path: '/path' })
    const api = wrapAuthApi({ api: { endpoint, version: 1 } })
    expect(api.endpoint.path).toBe('/path')
    expect(api.version).toBe(1)
  })

  it('passes redirects unchanged', async () => {
    const redirect = Object.assign(new Error('found'), { name: 'APIError', statusCode: 302, headers: { location: '/there' } })
    const { verify } = wrapAuthApi({ api: { verify: () => Promise.reject(redirect) } })
    await expect(verify()).rejects.toBe(redirect)
  })
})

describe('registerAuthRoutes', () => {
  const router = { route: () => {}, lookup: () => null }
  const createAuth = (): never => undefined as never

  it.each([
    { option: 'http', call: () => registerAuthRoutes({} as never, createAuth) },
    { option: 'createAuth', call: () => registerAuthRoutes(router, undefined as never) },
    { option: 'basePath', call: () => registerAuthRoutes(router, createAuth, { basePath: 'api/auth' }) },
    { option: 'basePath', call: () => registerAuthRoutes(router, createAuth, { basePath: '/api/auth/' }) },
    { option: 'cors.origins', call: () => registerAuthRoutes(router, createAuth, { cors: { origins: ['*'] } }) },
    { option: 'cors.origins', call: () => registerAuthRoutes(router, createAuth, { cors: { origins: ['https://app.example.com/'] } }) },
  ])('throws CONVEX_OPTION_INVALID for a wrong $option', ({ option, call }) => {
    expect(call).toThrow(expect.objectContaining({ code: 'CONVEX_OPTION_INVALID', why: expect.stringContaining(`\`${option}\``) }))
  })

  it('calls `createAuth` for a request, and never before', async () => {
    const calls: unknown[] = []
    const app = new Hono()
    registerAuthRoutes(app, (ctx) => {
      calls.push(ctx)
      return betterAuth({ baseURL: 'https://app.example.com', secret: 'a secret that only this test uses, and nothing else' })
    }, { cors: true })
    expect(calls).toEqual([])
    const ctx = {}
    expect(await (await app.fetch(new Request('https://app.example.com/api/auth/ok'), ctx)).json()).toEqual({ ok: true })
    expect(calls).toEqual([ctx])
  })
})
