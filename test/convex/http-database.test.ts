import type { Deployment } from '../../src/testing/index.ts'
import type { Adapter } from '../adapter/adapter-app.ts'
import type { RecordingProxy } from './support/recording-proxy.ts'
import { ConvexError } from 'convex/values'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { convexDatabase } from '../../src/convex/http-database/index.ts'
import { internal } from './apps/http-database/convex/_generated/api.js'
import { startApp } from './start-app.ts'
import { startProxy } from './support/recording-proxy.ts'

const SECRET = 'a-secret-that-only-these-tests-use'

let deployment: Deployment
let proxy: RecordingProxy
let adapter: ReturnType<Adapter>
beforeAll(async () => {
  deployment = await startApp('http-database', { env: { AUTH_DATABASE_SECRET: SECRET, JWKS: '', AUTH_ISSUER: '' } })
  proxy = await startProxy(deployment.siteUrl)
  adapter = open()
})
beforeEach(() => {
  proxy.requests = []
  proxy.headers = []
  proxy.disturbances = []
})
afterEach(() => void vi.unstubAllEnvs())
afterAll(async () => {
  await proxy.close()
  await deployment.close()
})

/** The adapter of a server with this configuration, which Better Auth calls. */
function open(options: Parameters<typeof convexDatabase>[0] = {}): ReturnType<Adapter> {
  return convexDatabase({ siteUrl: proxy.url, secret: SECRET, ...options })({ baseURL: 'https://app.example' })
}

let users = 0
const newUser = (name = 'Ada') => ({ model: 'user', data: { name, email: `user${++users}@example.com`, emailVerified: false, createdAt: new Date(), updatedAt: new Date() } })
const newRow = (identifier: string, value = '') => ({ model: 'verification', data: { identifier, value, expiresAt: new Date('2030-01-01'), createdAt: new Date(), updatedAt: new Date() } })
const byIdentifier = (identifier: string) => ({ model: 'verification', where: [{ field: 'identifier', value: identifier }] })
const everything = async (): Promise<Record<string, any[]>> => await deployment.query(internal.notes.everything)
const sentTypes = () => proxy.requests.map(({ statements }) => statements.map(({ type }: any) => type))

describe('convexDatabase', () => {
  it('stores and reads dates, `null`, missing values and several rows', async () => {
    const user: any = await adapter.create({ ...newUser(), data: { ...newUser().data, image: undefined } })
    expect(user).toMatchObject({ id: expect.any(String), name: 'Ada', image: null, createdAt: expect.any(Date) })
    expect(await adapter.findOne({ model: 'user', where: [{ field: 'id', value: user.id }] })).toEqual(user)
    await adapter.update({ model: 'user', where: [{ field: 'id', value: user.id }], update: { image: 'a.png' } })
    expect(await adapter.count({ model: 'user', where: [{ field: 'email', operator: 'in', value: [user.email, 'b'] }] })).toBe(1)
    expect((await everything()).user).toMatchObject([{ _id: user.id, image: 'a.png', createdAt: user.createdAt.getTime() }])
  })

  it('sends no schema and no table of the app, and needs only the secret', async () => {
    await adapter.findOne(byIdentifier('none'))
    expect(proxy.headers).toMatchObject([{ 'authorization': `Bearer ${SECRET}`, 'content-type': 'application/json' }])
    expect(Object.keys(proxy.requests[0])).toEqual(['version', 'statements'])
  })

  describe('one request', () => {
    it('contains all statements of one tick, however many promises Better Auth awaits before each', async () => {
      const [created, counted, found] = await Promise.all([
        adapter.create(newRow('one tick')),
        adapter.count(byIdentifier('none')),
        adapter.findMany({ ...byIdentifier('none'), sortBy: { field: 'createdAt', direction: 'desc' } }),
        adapter.update({ ...byIdentifier('none'), update: { value: 'second' } }),
        adapter.findOne(byIdentifier('none')),
        adapter.deleteMany(byIdentifier('none')),
      ])
      expect(sentTypes().map(types => types.toSorted())).toEqual([['count', 'create', 'delete', 'find', 'find', 'update']])
      expect([created, counted, found]).toMatchObject([{ identifier: 'one tick' }, 0, []])
    })

    it('contains the writes of one tick in the order of the calls', async () => {
      const { id } = await adapter.create(newRow('in order', '0')) as any
      const where = [{ field: 'id', value: id }]
      const values = ['1', '2', '3', '4', '5']
      const updated = await Promise.all(values.map(value => adapter.update<any>({ model: 'verification', where, update: { value } })))
      expect(updated.map(row => row!.value)).toEqual(values)
      expect(proxy.requests.at(-1).statements.map(({ changes }: any) => changes.value)).toEqual(values)
      expect(await adapter.findOne({ model: 'verification', where })).toMatchObject({ value: '5' })
    })

    it('lets each statement succeed or fail on its own', async () => {
      const user = newUser()
      const [first, second, third] = await Promise.allSettled([adapter.create(user), adapter.create(user), adapter.create(newUser())])
      expect(proxy.requests).toHaveLength(1)
      expect([first, third]).toMatchObject([{ status: 'fulfilled' }, { status: 'fulfilled' }])
      expect(second).toMatchObject({ reason: { name: 'ConvueError', code: 'AUTH_VALUE_TAKEN', why: expect.stringContaining('`email`') } })
    })

    it('has at most 100 statements, and another request contains the others', async () => {
      const rows = await Promise.all(Array.from({ length: 230 }, (_, number) => adapter.create(newRow(`many ${number}`))))
      expect(new Set(rows.map(({ id }: any) => id)).size).toBe(230)
      expect(sentTypes().map(types => types.length)).toEqual([100, 100, 30])
    })
  })

  it('uses one connection for all requests that follow each other, whatever the answers are', async () => {
    const counting = await startProxy(deployment.siteUrl)
    try {
      const { count } = open({ siteUrl: counting.url })
      const refused = open({ siteUrl: counting.url, secret: SECRET.toUpperCase() })
      for (let number = 0; number < 10; number++) {
        await count({ model: 'user' })
        await expect(refused.count({ model: 'user' })).rejects.toMatchObject({ code: 'AUTH_DATABASE_REFUSED' })
        // The buffers of a connection cannot hold this body: the connection is free only if all of it is read.
        counting.disturbances = [new Response('a'.repeat(2 ** 20), { status: 502 })]
        await expect(count({ model: 'user' })).rejects.toMatchObject({ code: 'AUTH_DATABASE_UNREACHABLE' })
      }
      expect([counting.requests.length, counting.connections]).toEqual([30, 1])
    }
    finally {
      await counting.close()
    }
  })

  describe('a request whose answer is lost', () => {
    it('is sent once more if it only reads', async () => {
      proxy.disturbances = ['end before']
      expect(await adapter.count(byIdentifier('lost'))).toBe(0)
      proxy.disturbances = ['end before', 'end before']
      await expect(adapter.count(byIdentifier('lost'))).rejects.toMatchObject({ code: 'AUTH_DATABASE_UNREACHABLE', why: expect.stringContaining(proxy.url) })
      expect(proxy.requests).toHaveLength(4)
    })

    it('is not sent again if it writes, since the write may have been executed', async () => {
      proxy.disturbances = ['end after']
      const [created, counted] = await Promise.allSettled([adapter.create(newRow('once')), adapter.count(byIdentifier('once'))])
      expect([created, counted]).toMatchObject([{ reason: { code: 'AUTH_DATABASE_UNREACHABLE' } }, { reason: { code: 'AUTH_DATABASE_UNREACHABLE' } }])
      expect(proxy.requests).toHaveLength(1)
      expect(await adapter.count(byIdentifier('once'))).toBe(1)
    })
  })

  describe('errors', () => {
    it.each([
      ['a status of a gateway', () => new Response('Bad gateway', { status: 502 }), 'AUTH_DATABASE_UNREACHABLE', 'the status of the answer is 502'],
      ['a page instead of results', () => new Response('<html>'), 'AUTH_DATABASE_UNREACHABLE', 'the answer has another form'],
      ['another number of results', () => Response.json({ results: [] }), 'AUTH_DATABASE_UNREACHABLE', 'the answer has another form'],
      ['a redirect, which is not followed', () => Response.redirect('http://127.0.0.1:9/auth-database', 307), 'AUTH_DATABASE_UNREACHABLE', 'the status of the answer is 307'],
      ['a missing route', () => new Response(null, { status: 404 }), 'AUTH_DATABASE_ROUTE_MISSING', '/auth-database'],
      ['another version', () => Response.json({ code: 'VERSION' }, { status: 400 }), 'AUTH_DATABASE_REQUEST_INVALID', 'different versions of Convue'],
    ])('have a code and a reason: %s', async (_name, response, code, why) => {
      proxy.disturbances = [response()]
      await expect(adapter.count(byIdentifier('none'))).rejects.toMatchObject({ name: 'ConvueError', code, why: expect.stringContaining(why) })
      expect(proxy.requests).toHaveLength(1)
    })

    it('say that no answer has arrived in time, also for reads', async () => {
      proxy.disturbances = ['hang']
      await expect(open({ timeoutMs: 100 }).count(byIdentifier('none'))).rejects.toMatchObject({ code: 'AUTH_DATABASE_UNREACHABLE', why: expect.stringContaining('no answer within 100 ms') })
      expect(proxy.requests).toHaveLength(1)
    })

    it('contain the reason if the deployment cannot be reached', async () => {
      await expect(open({ siteUrl: 'http://127.0.0.1:9' }).count(byIdentifier('none'))).rejects.toMatchObject({ code: 'AUTH_DATABASE_UNREACHABLE' })
    })

    it('of a trigger reach the app\'s server only if the trigger has thrown a `ConvexError`', async () => {
      const refused: any = await adapter.create(newUser('Refused')).catch(error => error)
      expect(refused).toBeInstanceOf(ConvexError)
      expect(refused.data).toEqual({ code: 'NAME_REFUSED' })
      await expect(adapter.create(newUser('Broken'))).rejects.toMatchObject({ code: 'AUTH_STATEMENT_FAILED' })
      await deployment.settled()
      expect(deployment.log.flatMap(({ logLines }) => logLines).join()).toContain('The trigger failed for Broken.')
    })

    it('contain neither the secret nor values of rows', async () => {
      const failing = async (_url: string, init: RequestInit): Promise<Response> => {
        throw Object.assign(new Error('failed'), { request: init, code: SECRET })
      }
      const errors = await Promise.all([
        adapter.create(newUser('Broken')).catch(error => error),
        adapter.create({ model: 'user', data: { ...newUser().data, name: Symbol('Ada Lovelace') } }).catch(error => error),
        adapter.create({ model: 'user', data: { ...newUser().data, emailVerified: 'Ada Lovelace' } }).catch(error => error),
        open({ fetch: failing }).create(newUser('Ada Lovelace')).catch(error => error),
        open({ secret: `${SECRET}2` }).create(newUser('Ada Lovelace')).catch(error => error),
      ])
      expect(errors.map(({ code }) => code)).toEqual(['AUTH_STATEMENT_FAILED', 'AUTH_DATABASE_REQUEST_INVALID', 'AUTH_STATEMENT_FAILED', 'AUTH_DATABASE_UNREACHABLE', 'AUTH_DATABASE_REFUSED'])
      for (const { message, stack, cause } of errors) {
        expect(cause).toBeUndefined()
        expect(`${message}${stack}`).not.toMatch(new RegExp(`${SECRET}|Broken|Lovelace|user\\d+@`))
      }
    })
  })

  describe('options', () => {
    it('are read from the environment at the first statement', async () => {
      const variables = { CONVEX_SITE_URL: proxy.url, AUTH_DATABASE_SECRET: `${SECRET}\n` }
      const database = convexDatabase()({})
      await expect(database.count({ model: 'user' })).rejects.toMatchObject({ code: 'CONVEX_OPTION_INVALID' })
      vi.stubEnv('CONVEX_SITE_URL', variables.CONVEX_SITE_URL)
      await expect(database.count({ model: 'user' })).rejects.toMatchObject({ code: 'AUTH_DATABASE_SECRET_MISSING', why: expect.stringContaining('is not set') })
      vi.stubEnv('AUTH_DATABASE_SECRET', 'short')
      await expect(database.count({ model: 'user' })).rejects.toMatchObject({ code: 'AUTH_DATABASE_SECRET_MISSING', why: expect.stringContaining('fewer than 32 characters') })
      vi.stubEnv('AUTH_DATABASE_SECRET', variables.AUTH_DATABASE_SECRET)
      expect(await database.count({ model: 'user' })).toEqual(expect.any(Number))
    })

    it('are enough on a platform without `process`', async () => {
      const database = open()
      const withoutSecret = open({ secret: undefined })
      vi.stubGlobal('process', undefined)
      const results = await Promise.allSettled([database.count({ model: 'user' }), withoutSecret.count({ model: 'user' })])
      vi.unstubAllGlobals()
      expect(results).toMatchObject([{ value: expect.any(Number) }, { reason: { code: 'AUTH_DATABASE_SECRET_MISSING' } }])
    })

    it('accept an address with a path, and ignore a slash at its end', async () => {
      const urls: string[] = []
      const fetch = async (url: string) => {
        urls.push(url)
        return Response.json({ results: [{ value: 0 }] })
      }
      for (const siteUrl of ['https://a.example', 'https://a.example/', 'https://a.example/convex/', 'https://user:word@a.example?a=b'])
        await open({ siteUrl, fetch }).count({ model: 'user' })
      expect(urls).toEqual(['https://a.example/auth-database', 'https://a.example/auth-database', 'https://a.example/convex/auth-database', 'https://a.example/auth-database'])
    })

    it('are refused at once if they cannot work', () => {
      expect(() => convexDatabase({ siteUrl: 'happy-animal-123' })).toThrow('[CONVEX_OPTION_INVALID]')
      expect(() => convexDatabase({ path: 'auth-database' })).toThrow('[CONVEX_OPTION_INVALID]')
      expect(() => convexDatabase({ timeoutMs: 0 })).toThrow('[CONVEX_OPTION_INVALID]')
    })

    it('refuse a secret that a header cannot have', async () => {
      await expect(open({ secret: `${SECRET} €` }).count({ model: 'user' })).rejects.toMatchObject({ code: 'CONVEX_OPTION_INVALID' })
    })
  })

  it('refuses look-ups without an index in development, as the deployment does', async () => {
    const byName = { model: 'user', where: [{ field: 'name', value: 'Ada' }] }
    await expect(adapter.findMany(byName)).rejects.toMatchObject({ code: 'AUTH_INDEX_MISSING', why: expect.stringContaining('`name`') })
  })

  it('writes the tables for `npx auth generate`', async () => {
    const { code } = await adapter.createSchema!({}, 'convex/authTables.ts')
    expect(code).toContain('user: defineTable({')
  })
})
