import type { FunctionReference } from 'convex/server'
import type { Deployment } from '../../src/testing/index.ts'
import { ConvexHttpClient } from 'convex/browser'
import { ConvexError } from 'convex/values'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createKey } from '../../src/offline/create-key.ts'
import { createToken, tokenEnv } from '../support/live/tokens.ts'
import { api, internal } from './apps/offline/convex/_generated/api.js'
import { startApp } from './start-app.ts'

const DAY_MS = 24 * 60 * 60 * 1000

let deployment: Deployment
beforeAll(async () => {
  deployment = await startApp('offline', { env: tokenEnv })
  return () => deployment.close()
})

/** A user of this test only. */
let ada: string
let count = 0
beforeEach(() => {
  ada = `ada-${++count}`
})

type Mutation = FunctionReference<'mutation'>

/** Calls a mutation as a user, as a page does. */
async function call(reference: Mutation, args: Record<string, unknown>, user: string | null = ada): Promise<any> {
  const client = new ConvexHttpClient(deployment.url, { ...user !== null && { auth: await createToken(user) }, logger: false })
  return await client.mutation(reference, args)
}

async function codeOf(failing: Promise<unknown>): Promise<unknown> {
  const error = await failing.then(() => 'no error', error => error)
  return error instanceof ConvexError ? error.data.code : error
}

/** The key of a call that this user has made, some time ago. */
function keyOf(user: string, ageMs = 0, now = Date.now()): string {
  return `${createKey(now - ageMs)}.${user}`
}

async function notes(): Promise<string[]> {
  return (await deployment.query(internal.notes.all, {})).filter(note => note.startsWith(`${ada}: `)).map(note => note.slice(ada.length + 2))
}

describe('defineOfflineMutation', () => {
  it('runs a call once, and returns the same result to each repetition', async () => {
    const offlineKey = keyOf(ada)
    const first = await call(api.notes.add, { text: 'milk', offlineKey })
    expect(first).toEqual({ id: expect.any(String), size: 4n, missing: null })
    expect(await call(api.notes.add, { text: 'milk', offlineKey })).toEqual(first)
    expect(await call(api.notes.add, { text: 'milk', offlineKey: keyOf(ada) })).not.toEqual(first)
    expect(await notes()).toEqual(['milk', 'milk'])
  })

  it('runs a call once if its repetitions run at the same time', async () => {
    const offlineKey = keyOf(ada)
    const results = await Promise.all(Array.from({ length: 8 }, () => call(api.notes.add, { text: 'milk', offlineKey })))
    expect(new Set(results.map(({ id }) => id)).size).toBe(1)
    expect(await notes()).toEqual(['milk'])
  })

  it('runs a call without a key as usual, also anonymously', async () => {
    await call(api.notes.add, { text: 'milk' })
    await call(api.notes.add, { text: 'milk' })
    expect(await notes()).toEqual(['milk', 'milk'])
    await call(api.notes.add, { text: 'milk' }, null)
  })

  it('stores no key if the mutation fails, so that a repetition runs again', async () => {
    const offlineKey = keyOf(ada)
    expect(await codeOf(call(api.notes.add, { text: '!milk', offlineKey }))).toBe('REFUSED')
    expect(await notes()).toEqual([])
    await call(api.notes.add, { text: 'milk', offlineKey })
    expect(await notes()).toEqual(['milk'])
  })

  it('refuses the call of another user, and an anonymous one, before and after it has run', async () => {
    const offlineKey = keyOf(ada)
    expect(await codeOf(call(api.notes.add, { text: 'milk', offlineKey }, 'bob'))).toBe('FORBIDDEN')
    expect(await codeOf(call(api.notes.add, { text: 'milk', offlineKey }, null))).toBe('UNAUTHENTICATED')
    await call(api.notes.add, { text: 'milk', offlineKey })
    expect(await codeOf(call(api.notes.add, { text: 'milk', offlineKey }, 'bob'))).toBe('FORBIDDEN')
    expect(await codeOf(call(api.notes.add, { text: 'milk', offlineKey }, null))).toBe('UNAUTHENTICATED')
    // Another user cannot learn the result with a key that names that user.
    const stolen = offlineKey.replace(`.${ada}`, '.bob')
    expect(await codeOf(call(api.notes.add, { text: 'milk', offlineKey: stolen }, 'bob'))).toBe('FORBIDDEN')
    expect(await notes()).toEqual(['milk'])
  })

  it.each(['', 'key', `.${'x'.repeat(10)}`, `${'z'.repeat(40)}.ada`])('refuses the key %j', async (offlineKey) => {
    expect(await codeOf(call(api.notes.add, { text: 'milk', offlineKey }))).toBe('OFFLINE_KEY_INVALID')
  })

  it('refuses a call that is too old, unless it has run and its result is still stored', async () => {
    expect(await codeOf(call(api.notes.add, { text: 'milk', offlineKey: keyOf(ada, 31 * DAY_MS) }))).toBe('OFFLINE_CALL_EXPIRED')
    expect(await notes()).toEqual([])
    const almost = keyOf(ada, 29 * DAY_MS)
    const first = await call(api.notes.add, { text: 'milk', offlineKey: almost })
    expect(await call(api.notes.add, { text: 'milk', offlineKey: almost })).toEqual(first)
  })

  it('keeps the key of a device whose clock is ahead until the key expires', async () => {
    await call(api.notes.add, { text: 'milk', offlineKey: keyOf(ada, -40 * DAY_MS) })
    const [row] = (await deployment.query(internal.notes.keys, { table: 'offlineKeys' })).filter(({ user }) => user.endsWith(ada))
    expect(row!.expiresAt).toBeGreaterThan(Date.now() + 69 * DAY_MS)
  })

  it('passes the arguments of the app to the handler, without the key', async () => {
    await call(api.notes.addWithoutValidators as Mutation, { text: 'a', offlineKey: keyOf(ada) })
    await call(api.notes.addWithObject, { text: 'b', offlineKey: keyOf(ada) })
    const all = await deployment.query(internal.notes.all, {})
    expect(all).toContain('a function: {"text":"a"}')
    expect(all).toContain('v.object: {"text":"b"}')
  })

  it('fails without an effect if the result is too long to be stored', async () => {
    const offlineKey = keyOf(ada)
    await expect(call(api.notes.long, { length: 262_144, offlineKey })).rejects.toThrow('OFFLINE_RESULT_TOO_LONG')
    expect(await deployment.query(internal.notes.all, {})).not.toContain('long: long')
    expect(await call(api.notes.long, { length: 262_142, offlineKey })).toHaveLength(262_142)
  })

  describe('with other builders', () => {
    it.each([['around', api.notes.addAsUser], ['inside', api.notes.addAsUserInside as Mutation]])('runs once as the user, with defineOfflineMutation %s the builder that reads the user', async (_, reference) => {
      const { user, session } = await deployment.mutation(internal.notes.addUser, { name: 'Ada' })
      const auth = await createToken(user, { claims: { sessionId: session } })
      const client = new ConvexHttpClient(deployment.url, { auth, logger: false })
      const args = { text: 'milk', offlineKey: keyOf(user) }
      expect(await client.mutation(reference, args)).toBe('Ada')
      expect(await client.mutation(reference, args)).toBe('Ada')
      ada = user
      expect(await notes()).toEqual(['milk'])
    })

    it('accepts a builder with arguments of its own, and another table', async () => {
      const args = { text: 'milk', tag: ada, offlineKey: keyOf(ada) }
      await call(api.notes.addTagged, args)
      await call(api.notes.addTagged, args)
      expect(await notes()).toEqual(['milk'])
    })
  })

  it('removes expired keys, a few with each call', async () => {
    const read = async (): Promise<number> => (await deployment.query(internal.notes.keys, { table: 'otherKeys' })).length
    const add = (now = Date.now()): Promise<unknown> =>
      call(api.notes.addTagged, { text: 'milk', tag: ada, offlineKey: keyOf(ada, 0, now) })
    const before = await read()
    for (let index = 0; index < 6; index++)
      await add()
    expect(await read()).toBe(before + 6)
    await deployment.advanceClock(61_000)
    const later = Date.now() + 61_000
    await add(later)
    expect(await read()).toBe(before + 3)
    await add(later)
    expect(await read()).toBe(2)
  })
})
