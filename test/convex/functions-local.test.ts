import type { Deployment } from '../../src/testing/index.ts'
import { join } from 'node:path'
import { ConvexHttpClient } from 'convex/browser'
import { ConvexError } from 'convex/values'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDeployment } from '../../src/testing/index.ts'
import { createToken, tokenEnv } from '../support/live/tokens.ts'
import { api, internal } from './apps/functions-local/convex/_generated/api.js'

let deployment: Deployment
beforeAll(async () => {
  deployment = await startDeployment({ functions: join(import.meta.dirname, 'apps/functions-local/convex'), env: tokenEnv })
})
afterAll(() => deployment.close())

/** A user with a session, and a client that has their token. */
async function addUser(name: string, more: { role?: string, organization?: string } = {}) {
  const { user, session } = await deployment.mutation(internal.adapter.addUser, { name, ...more })
  const client = new ConvexHttpClient(deployment.url, { auth: await createToken(user, { claims: { sessionId: session } }) })
  return { client, user, session }
}

async function codeOf(call: Promise<unknown>): Promise<unknown> {
  const error = await call.then(() => 'no error', error => error)
  return error instanceof ConvexError ? error.data.code : error
}

describe('defineAuthFunctions', () => {
  describe('with the tables of the app', () => {
    it('reads the user and the session in queries and actions', async () => {
      const { client, user, session } = await addUser('Ada')
      const expected = { id: user, user: { _id: user, name: 'Ada', plan: 'free' }, session: { _id: session, userId: user } }
      expect(await client.query(api.notes.me)).toMatchObject(expected)
      expect(await client.action(api.notes.meInAction)).toMatchObject(expected)
      expect((await client.query(api.notes.me)).session).not.toHaveProperty('token')
    })

    it('reads the user in a query without calling another function', async () => {
      const { client } = await addUser('Ada')
      deployment.log.length = 0
      expect(await client.query(api.notes.meWithoutFunctions)).toBe('Ada')
      await deployment.settled()
      expect(deployment.log.filter(({ kind }) => kind === 'query').map(({ name }) => name)).toEqual(['notes:meWithoutFunctions'])
    })

    it('throws AUTH_LOOKUP_MISSING in an action without the internal functions', async () => {
      const { client } = await addUser('Ada')
      await expect(client.action(api.notes.meInActionWithoutFunctions)).rejects.toThrow('AUTH_LOOKUP_MISSING')
    })

    it('has no user after the session has ended', async () => {
      const { client, session } = await addUser('Ada')
      await deployment.mutation(internal.adapter.endSession, { session })
      expect(await codeOf(client.query(api.notes.me))).toBe('UNAUTHENTICATED')
      expect(await codeOf(client.action(api.notes.meInAction))).toBe('UNAUTHENTICATED')
    })

    it('has no user for a token whose ids belong to other tables or to another provider', async () => {
      const { user, session } = await addUser('Ada')
      for (const [subject, sessionId] of [[session, session], [user, user], ['auth0|1', 'session']] as const) {
        const client = new ConvexHttpClient(deployment.url, { auth: await createToken(subject, { claims: { sessionId } }) })
        expect(await codeOf(client.query(api.notes.me))).toBe('UNAUTHENTICATED')
      }
    })
  })
})

describe('authedMutation', () => {
  it('runs the triggers of the mutation that it wraps', async () => {
    const { client } = await addUser('Ada')
    await client.mutation(api.notes.add, { text: 'one' })
    await client.mutation(api.notes.add, { text: 'two' })
    expect(await client.query(api.notes.count)).toBe(2)
  })
})

describe('authedAction', () => {
  it('passes the user and the session', async () => {
    const { client } = await addUser('Grace')
    expect(await client.action(api.notes.greet)).toBe('Grace, true')
  })
})

describe('allow', () => {
  it('checks roles and memberships', async () => {
    const [ada, grace] = [await addUser('Ada', { role: 'admin', organization: 'navy' }), await addUser('Grace')]
    expect(await ada.client.query(api.notes.forAdmins)).toBe('free')
    expect(await ada.client.query(api.notes.forMembers)).toBe('Ada')
    expect(await codeOf(grace.client.query(api.notes.forAdmins))).toBe('FORBIDDEN')
    expect(await codeOf(grace.client.query(api.notes.forMembers))).toBe('FORBIDDEN')
  })
})

describe('authedCtx', () => {
  it('adds the user to custom functions of convex-helpers', async () => {
    const { client } = await addUser('Ada')
    expect(await client.query(api.notes.inCustomQuery)).toBe('free')
    expect(await client.action(api.notes.inCustomAction)).toBe('free')
    expect(await client.mutation(api.notes.inCustomMutation, { plan: 'paid' })).toBe('Ada false')
    expect(await codeOf(new ConvexHttpClient(deployment.url).query(api.notes.inCustomQuery))).toBe('UNAUTHENTICATED')
  })

  it('has a variant for custom functions that also run anonymously', async () => {
    const { client } = await addUser('Ada')
    expect(await client.query(api.notes.inCustomOptionalQuery)).toBe('free')
    expect(await new ConvexHttpClient(deployment.url).query(api.notes.inCustomOptionalQuery)).toBeNull()
  })
})

describe('customQuery', () => {
  it('wraps authedQuery', async () => {
    const { client } = await addUser('Ada')
    expect(await client.query(api.notes.inLoggedQuery, { tag: 'a tag' })).toBe('a tag')
    expect(await codeOf(new ConvexHttpClient(deployment.url).query(api.notes.inLoggedQuery, { tag: 'a tag' }))).toBe('UNAUTHENTICATED')
  })
})
