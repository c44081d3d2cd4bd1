import type { Deployment } from '../../src/testing/index.ts'
import type { Session } from '../support/live/deployment.ts'
import { join } from 'node:path'
import { ConvexHttpClient } from 'convex/browser'
import { ConvexError } from 'convex/values'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDeployment } from '../../src/testing/index.ts'
import { ORIGIN, signUp } from '../support/live/deployment.ts'
import { api, internal } from './apps/functions-component/convex/_generated/api.js'

const UNAUTHENTICATED = { code: 'UNAUTHENTICATED', message: 'Sign in first.' }
const FORBIDDEN = { code: 'FORBIDDEN', message: 'You may not do this.' }

let deployment: Deployment
beforeAll(async () => {
  deployment = await startDeployment({
    functions: join(import.meta.dirname, 'apps/functions-component/convex'),
    siteUrl: ORIGIN,
    errors: 'production',
  })
})
afterAll(() => deployment.close())

interface Caller { session: Session, client: ConvexHttpClient, sessionId: string }

/** A user who has signed up, with a client that has their token. */
async function signUpCaller(name = 'Ada'): Promise<Caller> {
  const session = await signUp(deployment, { name })
  const token = (await session.fetchToken())!
  const { sessionId } = JSON.parse(atob(token.split('.')[1]!.replaceAll('-', '+').replaceAll('_', '/')))
  return { session, client: new ConvexHttpClient(deployment.url, { auth: token }), sessionId }
}

/** The data of the `ConvexError` with which a call fails. */
async function errorOf(call: Promise<unknown>): Promise<unknown> {
  const error = await call.then(() => 'no error', error => error)
  return error instanceof ConvexError ? error.data : error
}

const anonymous = (): ConvexHttpClient => new ConvexHttpClient(deployment.url)

describe('defineAuthFunctions', () => {
  describe('with the component', () => {
    it('reads the user, the session and the claims in queries, mutations and actions', async () => {
      const { client, session, sessionId } = await signUpCaller()
      const expected = {
        claims: { userId: session.userId, sessionId, name: 'Ada' },
        userId: session.userId,
        user: { _id: session.userId, email: session.email, name: 'Ada' },
        session: { _id: sessionId, userId: session.userId },
        hasCookie: true,
      }
      expect(await client.query(api.callers.inQuery)).toMatchObject(expected)
      expect(await client.mutation(api.callers.inMutation)).toMatchObject(expected)
      expect(await client.action(api.callers.inAction)).toMatchObject(expected)
    })

    it('does not return the token of the session', async () => {
      const { client } = await signUpCaller()
      expect((await client.query(api.callers.inQuery)).session).not.toHaveProperty('token')
      expect((await client.query(api.callers.me)).keys).not.toContain('token')
    })

    it.each(['getAuthUserIdentity', 'getAuthUserId', 'getAuthUser', 'getSession', 'getHeaders'])('throws UNAUTHENTICATED from %s without a user', async (helper) => {
      expect(await errorOf(anonymous().query(api.callers.fail, { helper }))).toEqual(UNAUTHENTICATED)
    })

    it('returns null, or empty headers, from the safe variants if there is no user', async () => {
      expect(await anonymous().query(api.callers.safe)).toEqual({ identity: null, userId: null, user: null, session: null, headers: [] })
    })

    it('has no user after the session has ended, while the token is still valid', async () => {
      const { client, session } = await signUpCaller()
      await session.signOut()
      expect(await errorOf(client.query(api.callers.fail, { helper: 'getAuthUser' }))).toEqual(UNAUTHENTICATED)
      expect(await errorOf(client.query(api.callers.fail, { helper: 'getHeaders' }))).toEqual(UNAUTHENTICATED)
      expect(await client.query(api.callers.safe)).toMatchObject({ userId: session.userId, user: null, session: null, headers: [] })
    })

    it('has no user after the session has expired', async () => {
      const { client, sessionId } = await signUpCaller()
      await deployment.mutation(internal.callers.expire, { id: sessionId, expiresAt: Date.now() - 1 })
      expect(await client.query(api.callers.safe)).toMatchObject({ user: null, session: null })
    })

    it('has no user for a session of another user', async () => {
      const [ada, grace] = [await signUpCaller(), await signUpCaller('Grace')]
      const identity = { subject: ada.session.userId, sessionId: grace.sessionId }
      expect(await deployment.query(api.callers.safe, {}, { identity })).toMatchObject({ user: null, session: null })
    })

    it('has no user for a token without a session', async () => {
      const { session } = await signUpCaller()
      expect(await deployment.query(api.callers.safe, {}, { identity: { subject: session.userId } }))
        .toEqual({ identity: null, userId: null, user: null, session: null, headers: [] })
    })
  })
})

describe('authedQuery', () => {
  it('passes the user and the session to the handler', async () => {
    const { client, session } = await signUpCaller()
    expect(await client.query(api.callers.me)).toMatchObject({ name: 'Ada', userId: session.userId })
    expect(await client.query(api.callers.meAsFunction)).toBe('Ada')
  })

  it('throws UNAUTHENTICATED without a user, also in production', async () => {
    expect(await errorOf(anonymous().query(api.callers.me))).toEqual(UNAUTHENTICATED)
    expect(await errorOf(anonymous().query(api.callers.meAsFunction))).toEqual(UNAUTHENTICATED)
  })

  it('passes null to an optional handler without a user', async () => {
    const { client } = await signUpCaller()
    expect(await client.query(api.callers.maybeMe)).toEqual({ name: 'Ada', hasSession: true })
    expect(await anonymous().query(api.callers.maybeMe)).toEqual({ name: null, hasSession: false })
  })

  it('runs again when the session ends, and then throws UNAUTHENTICATED', async () => {
    const { client, session } = await signUpCaller()
    expect(await client.query(api.callers.me)).toMatchObject({ name: 'Ada' })
    await session.signOut()
    expect(await errorOf(client.query(api.callers.me))).toEqual(UNAUTHENTICATED)
  })
})

describe('authedMutation', () => {
  it('writes as the user, and validates arguments and results', async () => {
    const { client } = await signUpCaller()
    await client.mutation(api.callers.write, { text: 'a note' })
    expect(await client.query(api.callers.texts)).toContain('a note')
    await expect(client.mutation(api.callers.write, { text: 1 } as never)).rejects.toThrow()
  })

  it('throws UNAUTHENTICATED without a user', async () => {
    expect(await errorOf(anonymous().mutation(api.callers.write, { text: 'a note' }))).toEqual(UNAUTHENTICATED)
  })
})

describe('authedAction', () => {
  it('passes the user to the handler, which can call other functions', async () => {
    const { client } = await signUpCaller('Grace')
    expect(await client.action(api.callers.greet, { greeting: 'Hello' })).toMatch(/^Hello Grace, \d+ notes$/)
    expect(await errorOf(anonymous().action(api.callers.greet, { greeting: 'Hello' }))).toEqual(UNAUTHENTICATED)
  })
})

describe('withAuth', () => {
  it('wraps a builder of internal functions', async () => {
    const { client, session, sessionId } = await signUpCaller()
    const identity = { subject: session.userId, sessionId }
    expect(await deployment.query(internal.callers.whoInternally, {}, { identity })).toBe('Ada')
    await expect(client.query(internal.callers.whoInternally as never)).rejects.toThrow()
  })
})

describe('hasRole', () => {
  it('allows users with one of the roles, and throws FORBIDDEN for others', async () => {
    const { client, session } = await signUpCaller()
    expect(await errorOf(client.mutation(api.callers.govern))).toEqual(FORBIDDEN)
    await deployment.mutation(internal.callers.makeAdmin, { id: session.userId, role: 'user,admin' })
    expect(await client.mutation(api.callers.govern)).toBe('user,admin')
    await deployment.mutation(internal.callers.makeAdmin, { id: session.userId, role: 'administrator' })
    expect(await errorOf(client.mutation(api.callers.govern))).toEqual(FORBIDDEN)
    expect(await errorOf(anonymous().mutation(api.callers.govern))).toEqual(UNAUTHENTICATED)
  })
})

describe('isMember', () => {
  it('allows members of the active organization', async () => {
    const { client } = await signUpCaller()
    expect(await errorOf(client.query(api.callers.inActiveOrganization))).toEqual(FORBIDDEN)
    const id = await client.mutation(api.account.createOrganization, { slug: 'active' })
    expect(await client.query(api.callers.inActiveOrganization)).toBe(id)
  })

  it('allows members with one of the roles in the organization of the arguments', async () => {
    const [owner, other] = [await signUpCaller(), await signUpCaller('Grace')]
    const organization = await owner.client.mutation(api.account.createOrganization, { slug: 'owned' })
    expect(await owner.client.query(api.callers.ofOrganization, { organization })).toBe(`Ada owns ${organization}`)
    expect(await errorOf(other.client.query(api.callers.ofOrganization, { organization }))).toEqual(FORBIDDEN)
  })
})
