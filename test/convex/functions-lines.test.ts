import type { FunctionCtx } from '../../src/convex/functions/auth-reader.ts'
import { join } from 'node:path'
import * as nextMemory from 'better-auth-next/adapters/memory'
import * as next from 'better-auth-next/minimal'
import * as memory from 'better-auth/adapters/memory'
import * as current from 'better-auth/minimal'
import { ConvexError } from 'convex/values'
import { beforeEach, describe, expect, it } from 'vitest'
import { defineAuthFunctions, registerAuthRoutes } from '../../src/convex/index.ts'
import { startDeployment } from '../../src/testing/index.ts'

const ORIGIN = 'http://localhost:5173'
const PASSWORD = 'correct horse battery'
const USER = { email: 'ada@example.com', name: 'Ada', password: PASSWORD }

type Db = Record<string, Record<string, any>[]>

/** The minor versions of Better Auth that Convue supports, with the functions that the tests need. */
const LINES = [
  { line: '1.6', betterAuth: current.betterAuth, memoryAdapter: memory.memoryAdapter },
  { line: '1.7', betterAuth: next.betterAuth as unknown as typeof current.betterAuth, memoryAdapter: nextMemory.memoryAdapter as unknown as typeof memory.memoryAdapter },
]

describe.each(LINES)('convue/convex, with Better Auth $line', ({ betterAuth, memoryAdapter }) => {
  let db: Db
  beforeEach(() => {
    db = { user: [], session: [], account: [], verification: [] }
  })

  const createAuth = () => betterAuth({
    baseURL: ORIGIN,
    secret: 'a secret that only this test uses, and nothing else',
    database: memoryAdapter(db),
    emailAndPassword: { enabled: true },
    rateLimit: { enabled: false },
    session: { updateAge: 0 },
    trustedOrigins: ['https://*.example.com'],
  })
  const builder = (definition: any): any => definition
  const { getAuth, getHeaders, safeGetHeaders } = defineAuthFunctions({ query: builder, mutation: builder, action: builder, createAuth })

  /** The context of a query of this session, whose tables are the lists. */
  function contextOf(session: Record<string, any> | undefined): FunctionCtx {
    const identity = session && { subject: session.userId, sessionId: session.id, issuer: 'a', tokenIdentifier: 'b' }
    const rows = Object.values(db).flat()
    return {
      auth: { getUserIdentity: async () => identity ?? null } as FunctionCtx['auth'],
      runQuery: async () => null,
      db: {
        normalizeId: (table, id) => db[table]!.some(row => row.id === id) ? id : null,
        get: async id => rows.filter(row => row.id === id).map(row => ({ ...row, _id: row.id }))[0],
      },
    }
  }

  it('calls the API as the user of the session, without extending the session', async () => {
    await createAuth().api.signUpEmail({ body: USER, headers: new Headers({ 'user-agent': 'a browser' }) })
    const [session] = db.session!
    const ctx = contextOf(session)
    const { auth, headers } = await getAuth(ctx)
    const before = session!.expiresAt.getTime()
    expect(await auth.api.getSession({ headers })).toMatchObject({ user: { email: USER.email }, session: { id: session!.id } })
    expect(db.session![0]!.expiresAt.getTime()).toBe(before)
    expect((await getHeaders(ctx)).get('user-agent')).toBe('a browser')
    expect([...await safeGetHeaders(contextOf(undefined))]).toEqual([])
  })

  it('throws a ConvexError for a wrong password, and for a call without a session', async () => {
    await createAuth().api.signUpEmail({ body: USER })
    const { auth, headers } = await getAuth(contextOf(db.session![0]))
    const body = { currentPassword: 'wrong password', newPassword: 'another horse battery' }
    const wrong = await auth.api.changePassword({ headers, body }).catch(error => error)
    expect(wrong).toBeInstanceOf(ConvexError)
    expect(wrong.data).toEqual({ code: 'INVALID_PASSWORD', message: 'Invalid password', status: 400 })
    const anonymous = await auth.api.changePassword({ headers: new Headers(), body }).catch(error => error)
    expect(anonymous.data).toMatchObject({ code: 'UNAUTHENTICATED', status: 401 })
    const invalid = await auth.api.signInEmail({ body: { email: 'ada', password: PASSWORD } }).catch(error => error)
    expect(invalid.data).toMatchObject({ code: 'INVALID_EMAIL', message: 'Invalid email', status: 400 })
  })

  it('answers requests and preflight requests of trusted origins', async () => {
    const handlers = new Map<string, (ctx: unknown, request: Request) => Promise<Response>>()
    const http = { lookup: () => null, route: ({ method, handler }: any) => handlers.set(method, handler._handler) }
    registerAuthRoutes(http as any, createAuth, { cors: true })
    const send = async (method: string, path: string, origin: string, body?: object) => await handlers.get(method)!({}, new Request(`${ORIGIN}/api/auth/${path}`, {
      method,
      headers: { origin, 'content-type': 'application/json' },
      ...body && { body: JSON.stringify(body) },
    }))
    const response = await send('POST', 'sign-up/email', 'https://app.example.com', USER)
    expect(response.status).toBe(200)
    expect(response.headers.get('access-control-allow-origin')).toBe('https://app.example.com')
    expect(response.headers.getSetCookie().join()).toContain('session_token=')
    expect((await send('OPTIONS', 'sign-up/email', 'https://app.example.com')).status).toBe(204)
    expect((await send('OPTIONS', 'sign-up/email', 'https://evil.com')).status).toBe(403)
  })
})

describe('registerAuthRoutes', () => {
  it('answers requests with Better Auth 1.7 in the runtime of Convex', async () => {
    const deployment = await startDeployment({ functions: join(import.meta.dirname, 'apps/functions-next/convex'), siteUrl: ORIGIN })
    const response = await fetch(`${deployment.siteUrl}/api/auth/ok`, { headers: { origin: ORIGIN } })
    expect(await response.json()).toEqual({ ok: true })
    expect(response.headers.get('access-control-allow-origin')).toBe(ORIGIN)
    await deployment.close()
  })
})
