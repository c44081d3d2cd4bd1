import type { Deployment } from '../../src/testing/index.ts'
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import process from 'node:process'
import { ConvexHttpClient } from 'convex/browser'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { api } from '../support/convex/_generated/api.js'
import { createBrowserFetch, createToken, FOREIGN_ORIGIN, ORIGIN, signUp, startFixture } from '../support/live/deployment.ts'

let deployment: Deployment
beforeAll(async () => {
  deployment = await startFixture()
})
afterAll(() => deployment.close())

function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${deployment.url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: typeof body === 'string' ? body : JSON.stringify(body) })
}

describe('the HTTP client', () => {
  it('runs queries, mutations and actions anonymously and as a user', async () => {
    const client = new ConvexHttpClient(deployment.url, { logger: false })
    expect(await client.query(api.users.whoami)).toBeNull()
    client.setAuth(await createToken('ada'))
    expect(await client.query(api.users.whoami)).toMatchObject({ subject: 'ada' })
    const id = await client.mutation(api.tasks.add, { text: 'by http' })
    expect(await client.query(api.tasks.list)).toMatchObject([{ _id: id, text: 'by http' }])
    expect(await client.action(api.jobs.relay, { channel: 'http', body: 'x' })).toEqual({ before: 0, subject: 'ada' })
    expect(await client.consistentQuery(api.users.whoami)).toMatchObject({ subject: 'ada' })
  })

  it('receives a function\'s errors with their data', async () => {
    const client = new ConvexHttpClient(deployment.url, { logger: false })
    await expect(client.query(api.failures.failingQuery, { kind: 'convex' })).rejects.toMatchObject({ data: { code: 'ON_DEMAND', amount: 3n } })
    await expect(client.mutation(api.failures.failingMutation, { kind: 'plain' })).rejects.toThrow('Uncaught Error: a plain failure')
  })
})

describe('the HTTP API', () => {
  it('returns an object with the status, and the value or the error of the function', async () => {
    const success = await post('/api/query', { path: 'values:echoAny', args: { value: 1 }, format: 'json' })
    expect([success.status, await success.json()]).toEqual([200, { status: 'success', value: 1, logLines: [] }])
    const failure = await post('/api/query', { path: 'failures:failingQuery', args: [{ kind: 'plain' }] })
    expect([failure.status, await failure.json()]).toEqual([200, { status: 'error', errorMessage: expect.stringMatching(/^\[Request ID: [0-9a-f]{16}\] Server Error\nUncaught Error: a plain failure\n {4}at /), logLines: [] }])
  })

  it('can be called by the page', async () => {
    const preflight = await fetch(`${deployment.url}/api/query`, { method: 'OPTIONS', headers: { 'origin': ORIGIN, 'access-control-request-headers': 'content-type,convex-client' } })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toBe(ORIGIN)
    expect(preflight.headers.get('access-control-allow-headers')).toBe('content-type,convex-client')
    const response = await post('/api/query', { path: 'counters:total', args: {} }, { origin: ORIGIN })
    expect(response.headers.get('access-control-allow-origin')).toBe(ORIGIN)
  })

  it('refuses malformed requests, and continues to serve', async () => {
    const malformed = await post('/api/query', '{"path":')
    expect([malformed.status, await malformed.json()]).toEqual([400, { code: 'BadJsonBody', message: expect.any(String) }])
    expect((await post('/api/query', { args: {} })).status).toBe(400)
    expect((await post('/api/query', 'null')).status).toBe(400)
    expect((await post('/api/nothing', {})).status).toBe(404)
    const large = await post('/api/mutation', { path: 'messages:send', args: { channel: 'large', body: 'x'.repeat(21 * 2 ** 20) } })
    expect([large.status, await large.json()]).toEqual([413, { code: 'RequestTooLarge', message: expect.any(String) }])
    const largeArgs = await post('/api/mutation', { path: 'messages:send', args: { channel: 'large', body: 'x'.repeat(17 * 2 ** 20) } })
    expect([largeArgs.status, await largeArgs.json()]).toEqual([200, expect.objectContaining({ errorMessage: expect.stringContaining('are too large') })])
    expect((await post('/api/query', { path: 'counters:total', args: {} })).status).toBe(200)
  })
})

describe('the HTTP actions', () => {
  it('are served on the site port by the routes of http.ts', async () => {
    const response = await fetch(`${deployment.siteUrl}/hello?name=you`)
    expect([response.status, response.headers.get('x-method'), await response.text()]).toEqual([200, 'GET', 'hello you'])
    const created = await fetch(`${deployment.siteUrl}/messages`, { method: 'POST', body: JSON.stringify({ channel: 'by http action', body: 'x' }) })
    expect(created.status).toBe(201)
    const { id } = await created.json() as { id: string }
    expect(await deployment.query(api.messages.list, { channel: 'by http action' })).toMatchObject([{ _id: id, body: 'x' }])
  })

  it('run as the user of a Convex token, and cannot read the identity of any other token', async () => {
    const hello = async (token: string, search = ''): Promise<string> => await (await fetch(`${deployment.siteUrl}/hello${search}`, { headers: { authorization: `Bearer ${token}` } })).text()
    expect(await hello(await createToken('ada', { claims: { name: 'Ada' } }))).toBe('hello Ada')
    expect(await hello('a session token')).toContain('Could not parse the token as a JWT')
    const mirrored = await fetch(`${deployment.siteUrl}/mirror/x`, { method: 'POST', headers: { authorization: 'Bearer a session token' }, body: 'kept' })
    expect(await mirrored.text()).toBe('kept')
  })

  it('receive and send binary bodies, and can set several cookies', async () => {
    const bytes = new Uint8Array([0, 255, 128, 10])
    const response = await fetch(`${deployment.siteUrl}/mirror/any/path`, { method: 'POST', headers: { 'content-type': 'application/octet-stream' }, body: bytes })
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes)
    expect(response.headers.get('content-type')).toBe('application/octet-stream')
    expect(response.headers.getSetCookie()).toEqual(['first=1', 'second=2'])
  })

  it('answer 404 without a route, 500 if the handler throws, and 413 for a body above 20 MiB', async () => {
    expect((await fetch(`${deployment.siteUrl}/nowhere`)).status).toBe(404)
    expect((await fetch(`${deployment.siteUrl}/hello`, { method: 'DELETE' })).status).toBe(404)
    const broken = await fetch(`${deployment.siteUrl}/broken`)
    expect([broken.status, await broken.text()]).toEqual([500, expect.stringContaining('this route is broken')])
    expect((await fetch(`${deployment.siteUrl}/mirror/x`, { method: 'POST', body: new Uint8Array(21 * 2 ** 20) })).status).toBe(413)
    await deployment.settled()
    expect(deployment.log.filter(({ kind }) => kind === 'http').slice(-3).map(({ name, outcome, detail }) => [name, outcome, detail])).toEqual([
      ['GET /nowhere', 'error', '404'],
      ['DELETE /hello', 'error', '404'],
      ['GET /broken', 'error', '500'],
    ])
  })
})

describe('the auth routes on the site port', () => {
  it('set host-only cookies, return the session, and refuse another origin', async () => {
    const session = await signUp(deployment)
    expect([...session.fetch.cookies.keys()].sort()).toEqual(['better-auth.convex_jwt', 'better-auth.session_token'])
    const known = await session.fetch(`${deployment.siteUrl}/api/auth/get-session`)
    expect(await known.json()).toMatchObject({ user: { id: session.userId } })

    const stranger = createBrowserFetch(FOREIGN_ORIGIN)
    for (const [name, value] of session.fetch.cookies)
      stranger.cookies.set(name, value)
    const refused = await stranger(`${deployment.siteUrl}/api/auth/sign-out`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })
    expect([refused.status, await refused.json()]).toEqual([403, expect.objectContaining({ code: 'INVALID_ORIGIN' })])
    await session.signOut()
    expect([...session.fetch.cookies.keys()]).toEqual([])
  })
})

describe('file storage', () => {
  it('stores an upload, and serves it under a URL that does not change', async () => {
    const upload = await deployment.mutation(api.files.generateUploadUrl)
    const response = await fetch(upload, { method: 'POST', headers: { 'content-type': 'text/x-poem' }, body: 'roses are red' })
    const { storageId } = await response.json() as { storageId: any }
    await deployment.mutation(api.files.save, { name: 'poem', storageId })
    const [file] = await deployment.query(api.files.list)
    expect(file).toMatchObject({ name: 'poem', metadata: { size: 13, contentType: 'text/x-poem' } })
    const download = await fetch(file!.url!)
    expect([download.headers.get('content-type'), await download.text()]).toEqual(['text/x-poem', 'roses are red'])
    expect((await deployment.query(api.files.list))[0]!.url).toBe(file!.url)

    await deployment.mutation(api.files.remove, { storageId })
    expect((await deployment.query(api.files.list))[0]).toMatchObject({ url: null, metadata: null })
    expect((await fetch(file!.url!)).status).toBe(404)
  })

  it('stores a file of an action while another transaction is open', async () => {
    const failing = deployment.mutation(api.counters.incrementAndFail, { name: 'open' }).catch(() => null)
    expect(await deployment.action(api.files.storeText, { name: 'note', text: 'kept' })).toBe('kept')
    await failing
    const files = await deployment.query(api.files.list)
    expect(files.find(({ name }) => name === 'note')?.metadata).toMatchObject({ size: 4, contentType: 'text/plain' })
  })

  it('ignores an upload that is aborted, and continues to serve', async () => {
    // All output of the deployment's thread has arrived once the thread has ended.
    const own = await startFixture()
    const written = vi.spyOn(process.stderr, 'write')
    const request = httpRequest(await own.mutation(api.files.generateUploadUrl), { method: 'POST', headers: { 'content-length': '1000', 'expect': '100-continue' } })
    request.flushHeaders()
    await once(request, 'continue')
    const failed = once(request, 'error')
    request.destroy(new Error('broken off'))
    await failed
    expect(await own.query(api.users.whoami)).toBeNull()
    await own.close()
    expect(written.mock.calls.join()).toBe('')
    written.mockRestore()
  })

  it('refuses an upload URL that is invented or an hour old', async () => {
    expect((await fetch(`${deployment.url}/api/storage/upload?token=made-up`, { method: 'POST', body: 'x' })).status).toBe(401)
    const upload = await deployment.mutation(api.files.generateUploadUrl)
    await deployment.advanceClock(60 * 60 * 1000)
    expect((await fetch(upload, { method: 'POST', body: 'x' })).status).toBe(401)
  })
})
