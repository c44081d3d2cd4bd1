import type { Deployment } from '../../src/testing/index.ts'
import { ConvexClient } from 'convex/browser'
import { anyApi } from 'convex/server'
import { ConvexError } from 'convex/values'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { api, internal } from '../support/convex/_generated/api.js'
import { startFixture } from '../support/live/deployment.ts'

let deployment: Deployment
let client: ConvexClient
beforeAll(async () => {
  deployment = await startFixture()
  client = new ConvexClient(deployment.url, { unsavedChangesWarning: false, logger: false })
})
afterAll(async () => {
  await client.close()
  await deployment.close()
})

describe('values of every type', () => {
  const values = {
    null: null,
    int64: -(2n ** 63n),
    float64: -0,
    boolean: true,
    string: 'ä\u0000🙂',
    bytes: new Uint8Array([0, 1, 255]).buffer,
    array: [Number.NaN, Number.POSITIVE_INFINITY, 1.5],
    object: {},
    record: { 'any key': 1n },
    union: 2n,
  } as const
  const args = { ...values, array: [...values.array] }

  it('are returned unchanged by queries, mutations and actions', async () => {
    for (const echoed of [await client.query(api.values.echo, args), await client.mutation(api.values.echoMutation, args), await client.action(api.values.echoAction, args)]) {
      expect(echoed).toEqual(values)
      expect(Object.is(echoed.float64, -0)).toBe(true)
    }
    expect(await deployment.query(api.values.echo, args)).toEqual(values)
  })
})

describe('arguments', () => {
  const failure = async (call: Promise<unknown>): Promise<string> => await call.then(() => 'none', (error: Error) => error.message.replace(/\[Request ID: \w+\]/, '[Request ID]'))

  it('are refused with Convex\'s error message if they do not match their validator', async () => {
    expect(await failure(client.query(anyApi.counters!.get!, {}))).toContain('[CONVEX Q(counters:get)] [Request ID] Server Error\nArgumentValidationError: Object is missing the required field `name`. Consider wrapping the field validator in `v.optional(...)` if this is expected.\n\nObject: {}\nValidator: v.object({name: v.string()})\n')
    expect(await failure(client.query(anyApi.counters!.get!, { name: 'a', more: 1 }))).toContain('ArgumentValidationError: Object contains extra field `more` that is not in the validator.\n\nObject: {more: 1.0, name: "a"}\nValidator: v.object({name: v.string()})\n')
    expect(await failure(client.mutation(anyApi.counters!.increment!, { name: 'a', by: 1n }))).toContain('ArgumentValidationError: Value does not match validator.\nPath: .by\nValue: 1\nValidator: v.float64()\n')
    expect(await failure(client.action(anyApi.failures!.failingAction!, { kind: 'other' }))).toContain('Path: .kind\nValue: "other"\nValidator: v.union(v.literal("plain"), v.literal("convex"), v.literal("none"))\n')
    expect(await failure(client.query(anyApi.messages!.get!, { id: 'made up' }))).toContain('Path: .id\nValue: "made up"\nValidator: v.id("messages")\n')
  })

  it('must be an object', async () => {
    const response = await fetch(`${deployment.url}/api/query`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ path: 'counters:get', args: [1, 2] }) })
    expect(await response.json()).toMatchObject({ status: 'error', errorMessage: expect.stringContaining('Invalid arguments for counters:get') })
  })
})

describe('a return value', () => {
  it('rejects the call if it does not match its validator', async () => {
    await expect(client.query(api.values.brokenPromise, {})).rejects.toThrow('ReturnsValidationError: Value does not match validator.\n\nValue: 42.0\nValidator: v.string()')
  })
})

describe('a function that a client may not call', () => {
  it('is reported as not found if it is internal, missing or not a function', async () => {
    for (const name of ['secretTotal', 'nothing'])
      await expect(client.query(anyApi.counters![name]!, {})).rejects.toThrow(`Could not find public function for 'counters:${name}'.`)
    await expect(client.mutation(anyApi.nowhere!.at!.all!, {})).rejects.toThrow('Could not find public function for \'nowhere/at:all\'')
    await expect(client.query(anyApi.auth!.createAuth!, {})).rejects.toThrow('Could not find public function')
  })

  it('is refused if it is called as another kind of function', async () => {
    await expect(client.mutation(anyApi.counters!.total!, {})).rejects.toThrow('Trying to execute counters.js:total as Mutation, but it is defined as Query.')
    await expect(client.query(anyApi.jobs!.relay!, {})).rejects.toThrow('Trying to execute jobs.js:relay as Query, but it is defined as Action.')
  })

  it('can be called by other functions and by tests', async () => {
    expect(await client.query(api.jobs.revealed, {})).toBe('revealed: for functions only')
    expect(await deployment.query(internal.jobs.secret)).toBe('for functions only')
    expect(await deployment.mutation(internal.counters.tick)).toBeNull()
    expect(await deployment.action(internal.jobs.background, { channel: 'internal', body: 'x' })).toBeNull()
  })
})

describe('an error', () => {
  it('has the data of a ConvexError, or else its message and location', async () => {
    const error = await client.action(api.failures.failingAction, { kind: 'convex' }).catch(error => error)
    expect(error).toBeInstanceOf(ConvexError)
    expect(error.data).toEqual({ code: 'ON_DEMAND', amount: 3n })
    await expect(client.mutation(api.failures.failingMutation, { kind: 'plain' })).rejects.toThrow(/Uncaught Error: a plain failure\n {4}at fail \(\.\.\/convex\/failures\.ts:\d+:\d+\)/)
  })

  it('has the same data and message for a test that calls the function', async () => {
    await expect(deployment.query(api.failures.failingQuery, { kind: 'convex' })).rejects.toMatchObject({ data: { code: 'ON_DEMAND', amount: 3n } })
    await expect(deployment.query(api.failures.failingQuery, { kind: 'plain' })).rejects.toThrow('a plain failure')
  })
})
