import type { Deployment } from '../../src/testing/index.ts'
import { ConvexHttpClient } from 'convex/browser'
import { makeFunctionReference } from 'convex/server'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { startDeployment } from '../../src/testing/index.ts'
import { startApp } from './start-app.ts'

const NOTES = `
import { actionGeneric, internalQueryGeneric, mutationGeneric, queryGeneric } from 'convex/server'
import { ConvexError, v } from 'convex/values'
export const add = mutationGeneric({ args: { text: v.string() }, handler: (ctx, args) => ctx.db.insert('notes', args) })
export const count = queryGeneric(async ctx => (await ctx.db.query('notes').collect()).length)
export const echo = queryGeneric((_ctx, { value }) => value ?? null)
export const values = queryGeneric(() => ({ int: 9007199254740993n, bytes: new Uint8Array([1, 2, 255]).buffer, float: 1.5, nan: NaN, list: [-Infinity, 1n], flag: true, none: null }))
export const shout = actionGeneric((_ctx, { text }) => text.toUpperCase())
export const fails = queryGeneric(() => { throw new ConvexError({ amount: 3n }) })
export const logs = queryGeneric(() => { console.log('hello', 3); console.warn('careful'); return 1 })
export const secret = internalQueryGeneric(() => 'secret')
`

const add = makeFunctionReference<'mutation'>('notes:add')
const count = makeFunctionReference<'query'>('notes:count')
const logs = makeFunctionReference<'query'>('notes:logs')

let folder: string
let deployment: Deployment
beforeAll(async () => {
  const app = await startApp({ 'notes.ts': NOTES, 'nested/deep.ts': NOTES });
  ({ deployment, folder } = app)
  return app.close
})

async function send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<[status: number, body: any]> {
  const response = await fetch(`${deployment.url}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) },
  })
  const text = await response.text()
  return [response.status, text.startsWith('{') ? JSON.parse(text) : text]
}

const post = (path: string, body: unknown, headers?: Record<string, string>) => send('POST', path, body, headers)
const call = (path: string, args: unknown = {}, more: object = {}) => post('/api/query', { path, args, ...more })

describe('the addresses of the HTTP API that describe the deployment', () => {
  it('return that the deployment is running, its version and its name', async () => {
    expect(await send('GET', '/')).toEqual([200, 'This Convex deployment is running. See https://docs.convex.dev/.'])
    expect(await send('GET', '/version')).toEqual([200, 'unknown'])
    expect(await send('GET', '/instance_version')).toEqual([200, 'unknown'])
    expect(await send('GET', '/instance_name')).toEqual([200, 'convue'])
  })
})

describe('/api/query', () => {
  it('reads the call from the URL if the method is GET', async () => {
    const query = new URLSearchParams({ path: 'notes:echo', args: '{"value":"a b"}', format: 'json' })
    expect(await send('GET', `/api/query?${query.toString()}`)).toEqual([200, { status: 'success', value: 'a b', logLines: [] }])
    expect(await send('GET', '/api/query?path=notes:echo')).toMatchObject([400, { code: 'BadQueryArgs' }])
    expect(await send('GET', '/api/query?path=notes:echo&args={')).toMatchObject([400, { code: 'BadQueryArgs' }])
  })

  it('writes int64 as a string and bytes as base64 with the format json, which is the default', async () => {
    const clean = { int: '9007199254740993', bytes: 'AQL/', float: 1.5, nan: 'NaN', list: ['-Infinity', '1'], flag: true, none: null }
    expect(await call('notes:values', {}, { format: 'json' })).toMatchObject([200, { value: clean }])
    expect(await call('notes:values')).toMatchObject([200, { value: clean }])
    expect(await call('notes:values', {}, { format: 'convex_encoded_json' })).toMatchObject([200, {
      value: { int: { $integer: 'AQAAAAAAIAA=' }, bytes: { $bytes: 'AQL/' }, float: 1.5, nan: { $float: expect.any(String) } },
    }])
    expect(await call('notes:values', {}, { format: 'xml' })).toMatchObject([400, { code: 'BadFormat' }])
  })

  it('answers 200 for a failed function, with the data of its ConvexError in the same format', async () => {
    expect(await call('notes:fails', {}, { format: 'json' })).toMatchObject([200, { status: 'error', errorData: { amount: '3' } }])
    expect(await call('notes:fails', {}, { format: 'convex_encoded_json' })).toMatchObject([200, { status: 'error', errorData: { amount: { $integer: 'AwAAAAAAAAA=' } } }])
    expect(await call('notes:secret')).toMatchObject([200, { status: 'error', errorMessage: expect.stringContaining('Could not find public function') }])
  })

  it('answers 400 for JSON that is malformed or incomplete, and for another content type', async () => {
    expect(await post('/api/query', '{"path":')).toMatchObject([400, { code: 'BadJsonBody' }])
    expect(await post('/api/query', { path: 'notes:count' })).toMatchObject([400, { code: 'BadJsonBody', message: expect.stringContaining('missing field `args`') }])
    expect(await post('/api/query', { args: {} })).toMatchObject([400, { code: 'BadJsonBody', message: expect.stringContaining('missing field `path`') }])
    expect(await post('/api/query', { path: 'notes:count', args: {} }, { 'content-type': 'text/plain' }))
      .toEqual([400, { code: 'BadJsonBody', message: 'Expected request with `Content-Type: application/json`' }])
  })

  it('answers 400 for an unknown scheme in Authorization, and 401 for a token that is not valid', async () => {
    const body = { path: 'notes:count', args: {} }
    expect(await post('/api/query', body, { authorization: 'Basic dXNlcjpwYXNz' })).toMatchObject([400, { code: 'InvalidAdminKey' }])
    expect(await post('/api/query', body, { authorization: 'x' })).toMatchObject([400, { code: 'InvalidHeaderFailure' }])
    expect(await post('/api/query', body, { authorization: 'Bearer garbage' })).toMatchObject([401, { code: 'InvalidAuthHeader' }])
  })
})

describe('/api/run', () => {
  it('runs a function of any kind by its path', async () => {
    expect(await post('/api/run/notes/add', { args: { text: 'by path' } })).toMatchObject([200, { status: 'success', value: expect.any(String) }])
    expect(await post('/api/run/notes/shout', { args: { text: 'loud' } })).toMatchObject([200, { value: 'LOUD' }])
    expect(await post('/api/run/nested/deep/echo', { args: { value: 1 } })).toMatchObject([200, { value: 1 }])
    expect(await post('/api/run/notes/values', { args: {} })).toMatchObject([200, { value: { int: '9007199254740993' } }])
    expect(await post('/api/run/notes', { args: {} })).toMatchObject([400, { code: 'MissingIdentifier' }])
    expect(await post('/api/run/notes/secret', { args: {} })).toMatchObject([200, { status: 'error' }])
  })
})

describe('/api/function', () => {
  it('runs a function of any kind by its name', async () => {
    expect(await post('/api/function', { path: 'notes:add', args: { text: 'by name' } })).toMatchObject([200, { status: 'success' }])
    expect(await post('/api/function', { path: 'notes:shout', args: { text: 'loud' } })).toMatchObject([200, { value: 'LOUD' }])
    expect(await post('/api/function', { path: 'notes:echo', args: { value: 2 } })).toMatchObject([200, { value: 2 }])
    expect(await post('/api/function', { path: 'notes:missing', args: {} })).toMatchObject([200, { status: 'error' }])
  })
})

describe('/api/query_batch', () => {
  it('runs all queries on the data of one timestamp, and returns each result in its own format', async () => {
    const [status, { results }] = await post('/api/query_batch', {
      queries: [
        { path: 'notes:count', args: {} },
        { path: 'notes:values', args: {}, format: 'json' },
        { path: 'notes:fails', args: {} },
        { path: 'notes:count', args: {} },
      ],
    })
    expect(status).toBe(200)
    expect(results).toMatchObject([{ status: 'success' }, { value: { int: '9007199254740993' } }, { status: 'error', errorData: { amount: '3' } }, { status: 'success' }])
    expect(results[0].value).toBe(results[3].value)
    expect(await post('/api/query_batch', {})).toMatchObject([400, { code: 'BadJsonBody' }])
  })
})

describe('/api/query_at_ts', () => {
  it('reads the data as it was at the timestamp of /api/query_ts', async () => {
    const before = await deployment.query(count)
    const [, { ts }] = await post('/api/query_ts', {})
    await deployment.mutation(add, { text: 'later' })
    const countAt = (more: object) => post('/api/query_at_ts', { path: 'notes:count', args: {}, ...more })
    expect(await countAt({ ts })).toMatchObject([200, { value: before }])
    expect(await call('notes:count')).toMatchObject([200, { value: before + 1 }])
    expect(await countAt({})).toMatchObject([400, { code: 'BadJsonBody' }])
    expect(await countAt({ ts: 'AAAAAAAAAAA=' })).toMatchObject([503, { code: 'OutOfRetention' }])
    await deployment.advanceClock(60_000)
    await deployment.settled()
    expect(await countAt({ ts })).toMatchObject([503, { code: 'OutOfRetention' }])
  })

  it('supports `consistentQuery` of the official client', async () => {
    const client = new ConvexHttpClient(deployment.url, { logger: false })
    const before = await client.consistentQuery(count)
    await client.mutation(add, { text: 'between' })
    expect(await client.consistentQuery(count)).toBe(before)
  })
})

describe('logLines', () => {
  it('contain the console lines in development', async () => {
    expect(await call('notes:logs')).toMatchObject([200, { logLines: ['[LOG] \'hello\' 3', '[WARN] \'careful\''] }])
    const logger = { log: vi.fn(), warn: vi.fn(), error: vi.fn(), logVerbose: vi.fn() }
    await new ConvexHttpClient(deployment.url, { logger }).query(logs)
    expect(logger.log.mock.calls.join()).toContain('\'hello\' 3')
  })

  it('are empty with the option errors: \'production\'', async () => {
    const production = await startDeployment({ functions: folder, errors: 'production' })
    const response = await fetch(`${production.url}/api/query`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ path: 'notes:logs', args: {} }),
    })
    expect(await response.json()).toEqual({ status: 'success', value: 1, logLines: [] })
    await production.close()
  })
})
