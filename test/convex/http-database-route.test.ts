import type { AuthDatabaseRouteOptions } from '../../src/convex/index.ts'
import type { Deployment } from '../../src/testing/index.ts'
import { convexToJson } from 'convex/values'
import { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { convexDatabase } from '../../src/convex/http-database/index.ts'
import { registerAuthDatabaseRoute } from '../../src/convex/index.ts'
import { expectConsole } from '../support/environment/console-guard.ts'
import { internal } from './apps/http-database/convex/_generated/api.js'
import { startApp } from './start-app.ts'

const SECRET = 'a-secret-that-only-these-tests-use'
const PREVIOUS = 'the-secret-before-the-last-rotation'

let deployment: Deployment
beforeAll(async () => {
  deployment = await startApp('http-database', {
    env: { AUTH_DATABASE_SECRET: SECRET, AUTH_DATABASE_SECRET_PREVIOUS: PREVIOUS, JWKS: '', AUTH_ISSUER: '' },
  })
})
afterAll(() => deployment.close())

const condition = (field: string, value: any) => ({ field, operator: 'eq', value, connector: 'AND', isInsensitive: false })
function find(table: string, more: object = {}) {
  return { type: 'find', table, where: [], joins: [], select: [], sortBy: null, offset: 0, limit: 10, onUnindexed: 'warn', ...more }
}
const create = (table: string, data: object) => ({ type: 'create', table, data, unique: [], onUnindexed: 'warn' })
function update(table: string, changes: object, more: object = {}) {
  return { type: 'update', table, where: [], changes, increments: {}, unique: [], scope: 'all', onUnindexed: 'warn', ...more }
}
function remove(table: string, references: object[] = []) {
  return { type: 'delete', table, where: [condition('id', 'none')], references, scope: 'all', onUnindexed: 'warn' }
}
const bodyOf = (...statements: object[]) => JSON.stringify({ version: 1, statements: statements.map(statement => convexToJson(statement as never)) })
const verification = (identifier: string, value: string) => ({ identifier, value, expiresAt: 1, createdAt: 1, updatedAt: 1 })

interface Sent { body?: string, headers?: Record<string, string>, path?: string, method?: string }

async function send({ body = bodyOf(find('user')), headers = {}, path = '/auth-database', method = 'POST' }: Sent): Promise<{ status: number, body: any }> {
  const response = await fetch(`${deployment.siteUrl}${path}`, {
    method,
    headers: { 'authorization': `Bearer ${SECRET}`, 'content-type': 'application/json', ...headers },
    ...method === 'GET' || method === 'HEAD' ? {} : { body },
  })
  const text = await response.text()
  return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : text }
}

describe('registerAuthDatabaseRoute', () => {
  it('runs the statements of a request in order, and adjacent reads at the same time', async () => {
    const where = [condition('identifier', 'ordered')]
    const { status, body: { results } } = await send({
      body: bodyOf(
        create('verification', verification('ordered', 'a')),
        find('verification', { where, select: ['value'] }),
        update('verification', { value: 'b' }, { where }),
        find('verification', { where, select: ['value'] }),
        { type: 'count', table: 'verification', where, onUnindexed: 'warn' },
        update('verification', { value: 'c' }, { where }),
      ),
    })
    expect(status).toBe(200)
    expect(results).toMatchObject([{ value: [{ value: 'a' }] }, { value: [{ value: 'a' }] }, { value: [{ value: 'b' }] }, { value: [{ value: 'b' }] }, { value: 1 }, { value: [{ value: 'c' }] }])
  })

  it('accepts the secret and the previous secret, so that they can be rotated', async () => {
    expect((await send({})).status).toBe(200)
    expect((await send({ headers: { authorization: `Bearer ${PREVIOUS}` } })).status).toBe(200)
  })

  it('forbids caches to store an answer', async () => {
    const response = await fetch(`${deployment.siteUrl}/auth-database`, { method: 'POST', headers: { 'authorization': `Bearer ${SECRET}`, 'content-type': 'application/json' }, body: bodyOf(find('user')) })
    expect(response.headers.get('cache-control')).toBe('no-store')
  })

  describe('a request with the secret', () => {
    const note = create('notes', { text: 'by the server' })
    it.each([
      ['a read', find('notes')],
      ['a count', { type: 'count', table: 'notes', where: [], onUnindexed: 'warn' }],
      ['a new row', note],
      ['a change', update('notes', { text: '' })],
      ['a deletion', remove('notes')],
      ['a join', find('user', { joins: [{ name: 'notes', table: 'notes', on: { from: 'id', to: 'userId' }, limit: 10 }] })],
      ['rows deleted with a row', remove('user', [{ from: { table: 'notes', field: 'userId' }, to: { table: 'user', field: 'id' }, action: 'cascade' }])],
      ['a reference to them', remove('user', [{ from: { table: 'session', field: 'userId' }, to: { table: 'notes', field: 'id' }, action: 'set null' }])],
      ['a system table', find('_storage')],
      ['a table named after a property of objects', find('constructor')],
    ])('does not reach the other tables of the app: %s', async (_name, statement) => {
      const { status, body: { results } } = await send({ body: bodyOf(statement, find('user')) })
      expect(status).toBe(200)
      expect(results).toEqual([{ error: { type: 'convue', parts: expect.objectContaining({ code: 'AUTH_TABLE_REFUSED' }) } }, { value: expect.any(Array) }])
      expect((await deployment.query(internal.notes.everything)).notes).toEqual([])
    })

    it.each([
      ['no JSON', 'user', 400, 'MALFORMED'],
      ['JSON of another kind', 'null', 400, 'MALFORMED'],
      ['a list', '[]', 400, 'VERSION'],
      ['no statements', JSON.stringify({ version: 1 }), 400, 'MALFORMED'],
      ['an empty list', bodyOf(), 400, 'MALFORMED'],
      ['too many statements', bodyOf(...Array.from({ length: 101 }, () => find('user'))), 400, 'MALFORMED'],
      ['another version', JSON.stringify({ version: 2, statements: [find('user')] }), 400, 'VERSION'],
      ['a value that is not Convex\'s', JSON.stringify({ version: 1, statements: [find('user', { limit: { $integer: 'x' } })] }), 400, 'MALFORMED'],
      ['an oversized body', bodyOf(find('user', { select: ['a'.repeat(4 * 2 ** 20)] })), 413, 'TOO_LARGE'],
    ])('is refused with a code, and no other text, for %s', async (_name, body, status, code) => {
      expect(await send({ body })).toEqual({ status, body: { code } })
    })

    it.each([
      ['an unknown type', { ...find('user'), type: 'drop' }],
      ['a type of objects', { ...find('user'), type: 'constructor' }],
      ['a further property', { ...find('user'), fields: [] }],
      ['a missing property', { type: 'count', table: 'user', where: [] }],
      ['a table that is not a string', find(['user'] as never)],
      ['an unknown operator', find('user', { where: [{ ...condition('id', 'a'), operator: 'matches' }] })],
      ['an unknown connector', find('user', { where: [{ ...condition('id', 'a'), connector: 'XOR' }] })],
      ['a condition with an object', find('user', { where: [condition('id', { a: 1 })] })],
      ['a condition with a further property', find('user', { where: [{ ...condition('id', 'a'), table: 'notes' }] })],
      ['a join without a table', find('user', { joins: [{ name: 'notes', on: { from: 'id', to: 'userId' }, limit: 1 }] })],
      ['a negative limit', find('user', { limit: -1 })],
      ['an order of another kind', find('user', { sortBy: { field: 'email', direction: 'up' } })],
      ['a field of Convex in a new row', create('user', { _id: 'a' })],
      ['a field of Convex in a change', update('user', { _creationTime: 1 })],
      ['a row that is a list', create('user', [])],
      ['an increment by a string', update('user', {}, { increments: { createdAt: '1' } })],
      ['a unique field that is not a list', { ...create('user', {}), unique: ['email'] }],
      ['a reference without a table', remove('user', [{ from: { field: 'userId' }, to: { table: 'user', field: 'id' }, action: 'cascade' }])],
      ['an unknown action of a reference', remove('user', [{ from: { table: 'session', field: 'userId' }, to: { table: 'user', field: 'id' }, action: 'restrict' }])],
      ['an unknown scope', update('user', {}, { scope: 'none' })],
      ['an unknown mode for look-ups', find('user', { onUnindexed: 'allow' })],
    ])('runs nothing if one statement has %s', async (_name, statement) => {
      const body = bodyOf(create('verification', verification('before a malformed one', '')), statement as object)
      expect(await send({ body })).toEqual({ status: 400, body: { code: 'MALFORMED' } })
      expect((await send({ body: bodyOf(find('verification', { where: [condition('identifier', 'before a malformed one')] })) })).body).toEqual({ results: [{ value: [] }] })
    })

    it.each(['text/plain', 'multipart/form-data; boundary=a', 'application/jsonp', ''])('is refused with the content type %j', async (type) => {
      expect(await send({ headers: { 'content-type': type } })).toEqual({ status: 415, body: { code: 'CONTENT_TYPE' } })
    })

    it.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('is refused with the method %s', async (method) => {
      const { status } = await send({ method })
      expect(status).toBeGreaterThanOrEqual(400)
      expect(status).toBeLessThan(500)
    })

    it('reaches only the tables of its route', async () => {
      const path = '/only-users'
      expect((await send({ path })).status).toBe(401)
      const headers = { authorization: 'Bearer the secret of a route with one table' }
      const { body } = await send({ path, headers, body: bodyOf(find('user'), find('session')) })
      expect(body.results).toMatchObject([{ value: [] }, { error: { parts: { code: 'AUTH_TABLE_REFUSED' } } }])
    })
  })
})

describe('registerAuthDatabaseRoute › options', () => {
  const database = { run: async () => 7 } as never
  const options: AuthDatabaseRouteOptions = { database, tables: ['user'] }
  const count = bodyOf({ type: 'count', table: 'user', where: [], onUnindexed: 'warn' })

  async function request(secrets: AuthDatabaseRouteOptions['secrets'], authorization: string, path = '/auth-database'): Promise<Response> {
    const app = new Hono()
    registerAuthDatabaseRoute(app, { ...options, secrets, path })
    return await app.fetch(new Request(`https://a.example${path}`, { method: 'POST', headers: { authorization, 'content-type': 'application/json' }, body: count }), {})
  }

  it('register the route on a Hono app, at any path', async () => {
    const response = await request([SECRET], `Bearer ${SECRET}`, '/internal/tables')
    expect([response.status, await response.json()]).toEqual([200, { results: [{ value: 7 }] }])
    expect((await request([SECRET], `Bearer ${PREVIOUS}`)).status).toBe(401)
  })

  it.each([
    ['there is none', [], ''],
    ['all are empty', [undefined, ''], ''],
    ['it is a list of `undefined`', [undefined], 'undefined'],
  ])('refuse every request if %s, and say so in the log', async (_name, secrets, sent) => {
    expect((await request(secrets, `Bearer ${sent}`)).status).toBe(401)
    expectConsole(/\[AUTH_DATABASE_SECRET_MISSING\] On the deployment, .* is not set\./)
  })

  it('refuse a short secret, even the right one, and say so in the log', async () => {
    expect((await request(['a'.repeat(31)], `Bearer ${'a'.repeat(31)}`)).status).toBe(401)
    expectConsole(/\[AUTH_DATABASE_SECRET_MISSING\] .* fewer than 32 characters/)
    expect((await request(['a'.repeat(31), SECRET], `Bearer ${SECRET}`)).status).toBe(200)
    expectConsole(/\[AUTH_DATABASE_SECRET_MISSING\]/)
  })

  it('do not change values of any kind: bytes, lists, large and special numbers, `null`', async () => {
    const app = new Hono()
    const received: any[] = []
    const run = async (_ctx: unknown, { data }: any) => {
      received.push(data)
      return [{ ...data, id: 'a' }]
    }
    registerAuthDatabaseRoute(app, { database: { run } as never, tables: ['user'], secrets: [SECRET] })
    const { create } = convexDatabase({ siteUrl: 'https://a.example', secret: SECRET, fetch: async (...request) => await app.fetch(new Request(...request), {}) })({})
    const values = { name: new Uint8Array([1, 255]).buffer, email: [1.5, [null, 'a']], image: null, emailVerified: -0, createdAt: Number.POSITIVE_INFINITY, updatedAt: 2n ** 60n }
    await create({ model: 'user', data: { ...values, missing: undefined } })
    expect(received).toEqual([values])
    expect(received[0].name).toBeInstanceOf(ArrayBuffer)
    expect(Object.keys(received[0])).not.toContain('missing')
  })

  it('read the secrets at each request, and ignore white space around them', async () => {
    let secrets = [`${SECRET}\n`]
    expect((await request(() => secrets, `Bearer ${SECRET}`)).status).toBe(200)
    secrets = [PREVIOUS]
    expect((await request(() => secrets, `Bearer ${SECRET}`)).status).toBe(401)
  })

  it.each([
    ['database', { database: {} }],
    ['tables', { tables: [] }],
    ['tables', { tables: { user: {} } }],
    ['path', { path: 'auth-database' }],
    ['http', null],
  ])('are refused at once if they cannot work: %s', (_name, wrong) => {
    expect(() => registerAuthDatabaseRoute((wrong ? new Hono() : {}) as never, { ...options, ...wrong } as never)).toThrow('[CONVEX_OPTION_INVALID]')
  })

  it('cause an error that names the command to run if the list of tables is empty', () => {
    expect(() => registerAuthDatabaseRoute(new Hono() as never, { ...options, tables: [] })).toThrow('npx auth generate')
  })
})
