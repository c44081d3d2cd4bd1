import type { AddressInfo } from 'node:net'
import type { Deployment } from '../../src/testing/index.ts'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { connect, createServer } from 'node:net'
import process from 'node:process'
import { makeFunctionReference } from 'convex/server'
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { deferred } from '../../src/testing/functions/deferred.ts'
import { startDeployment } from '../../src/testing/index.ts'
import { createFunctions } from './functions-folder.ts'
import { RawClient } from './raw-client.ts'
import { startApp } from './start-app.ts'

const FUNCTIONS = `
import { mutationGeneric, queryGeneric } from 'convex/server'
export const one = queryGeneric(() => 1)
export const write = mutationGeneric(() => console.log('a secret of the server'))
export const whoami = queryGeneric(async ctx => (await ctx.auth.getUserIdentity())?.subject)
const fail = make => queryGeneric(() => { throw make() })
export const stackIsFunction = fail(() => Object.assign(new Error('no'), { stack: () => 1 }))
export const stackIsList = fail(() => Object.assign(new Error('no'), { stack: [{ call() {} }] }))
export const messageIsSymbol = fail(() => Object.assign(new Error(), { message: Symbol('no') }))
export const messageThrows = fail(() => Object.defineProperty(new Error(), 'message', { get() { throw new Error('no') } }))
export const isProxy = fail(() => new Proxy({}, { getPrototypeOf() { throw new Error('no') } }))
export const loopAfterDigest = queryGeneric(async () => {
  await crypto.subtle.digest('SHA-256', new Uint8Array(1))
  for (;;);
})
`

const ACTIONS = `
import { actionGeneric } from 'convex/server'
export const loopAfterBody = actionGeneric(async (ctx, { url }) => {
  const response = await fetch(url)
  await fetch(url + '/headers-received')
  await response.text()
  for (;;);
})
`

const HTTP = `
import { httpActionGeneric, httpRouter } from 'convex/server'
const http = httpRouter()
const route = (path, handler) => http.route({ path, method: 'GET', handler: httpActionGeneric(handler) })
route('/header', async () => new Response('x', { headers: { 'x-name': 'a\\x01b' } }))
route('/trailer', async () => new Response('x', { headers: { 'trailer': 'x-name', 'content-length': '1' } }))
route('/read', async () => {
  const response = new Response('x')
  await response.text()
  return response
})
route('/locked', async () => {
  const response = new Response('x')
  response.body.getReader()
  return response
})
route('/whoami', async ctx => Response.json(await ctx.auth.getUserIdentity()))
export default http
`

let folder: string
let deployment: Deployment
beforeAll(async () => {
  const app = await startApp({ 'functions.ts': FUNCTIONS, 'actions.ts': ACTIONS, 'http.ts': HTTP });
  ({ deployment, folder } = app)
  return app.close
})

function query(name: string, identity: { subject: string } | null = null): Promise<unknown> {
  return deployment.query(makeFunctionReference<'query'>(`functions:${name}`), {}, { identity })
}

describe('a thrown value that cannot be described', () => {
  it.each(['stackIsFunction', 'stackIsList', 'messageIsSymbol', 'messageThrows', 'isProxy'])('fails its call: %s', async (name) => {
    await expect(query(name)).rejects.toThrow('Server Error')
  })
})

describe('an endless loop that starts after the result of an API of Node has arrived', () => {
  it('is ended by the watchdog, and other calls are answered', async () => {
    const looping = expect(query('loopAfterDigest')).rejects.toThrow('timed out')
    expect(await query('whoami', { subject: 'ada' })).toBe('ada')
    await looping
  })

  it('is ended even if no call is running when it starts, after the body of a response', async () => {
    const body = deferred<void>()
    const server = createHttpServer(async ({ url }, response) => {
      response.write('first part')
      if (url === '/')
        await body.promise
      response.end()
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    onTestFinished(() => void server.close())
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const action = makeFunctionReference<'action'>('actions:loopAfterBody')
    // On a busy machine, the body arrives together with the headers, in a turn of the call.
    const looping = expect(deployment.action(action, { url })).rejects.toThrow(/couldn't be completed|timed out/)
    await once(server, 'request')
    await once(server, 'request')
    // The thread has waited for events since the action has begun to wait for the body.
    await deployment.query(makeFunctionReference<'query'>('functions:one'), { isNew: true })
    body.resolve()
    await looping
    expect(await query('one')).toBe(1)
  })
})

describe('an HTTP action', () => {
  it.each(['header', 'trailer', 'read', 'locked'])('is answered with 500 if its response cannot be sent: %s', async (path) => {
    const response = await fetch(`${deployment.siteUrl}/${path}`)
    expect(response.status).toBe(500)
    await response.text()
  })

  it('may receive a URL parameter with the name `adminKey`', async () => {
    const response = await fetch(`${deployment.siteUrl}/whoami?adminKey=mine`)
    expect([response.status, await response.json()]).toEqual([200, null])
  })
})

describe('a malformed request', () => {
  const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
  const asAdmin = (): Record<string, string> => ({ authorization: `Convex ${deployment.adminKey}` })
  const cases: [path: string, body: string, headers?: () => Record<string, string>][] = [
    ['query_batch', 'null'],
    ['query_at_ts', '{"path":"functions:one","args":{},"ts":"x"}'],
    ['query', `{"path":"functions:one","args":{"deep":${deep}}}`],
    ['run/%E0%A4/one', '{"args":{}}'],
    ['update_environment_variables', 'null', asAdmin],
    ['update_environment_variables', '{}', asAdmin],
    ['import/finish_upload', 'null', asAdmin],
    ['perform_import', 'null', asAdmin],
  ]
  it.each(cases)('is answered with 400: POST %s', async (path, body, headers = () => ({})) => {
    const response = await fetch(`${deployment.url}/api/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers() },
      body,
    })
    expect(response.status).toBe(400)
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
  })

  it('is answered with 400 if the name of a file is malformed', async () => {
    expect((await fetch(`${deployment.url}/api/storage/%E0%A4`)).status).toBe(400)
  })

  const messages: [name: string, message: string][] = [
    ['a key that is not a text', '{"type":"Authenticate","tokenType":"Admin","value":5,"baseVersion":0}'],
    ['a timestamp that is not a text', '{"type":"Connect","sessionId":"a","maxObservedTimestamp":5}'],
    ['deeply nested arguments', `{"type":"Mutation","requestId":0,"udfPath":"functions:one","args":[{"deep":${deep}}]}`],
  ]
  it.each(messages)('ends its socket and has no effect on the deployment: %s', async (_name, message) => {
    const client = await RawClient.open(deployment.url)
    client.sendRaw(message)
    expect(await client.next()).toMatchObject({ type: 'FatalError' })
    await client.closed
    await deployment.settled()
    expect(await query('one')).toBe(1)
  })
})

describe('an import that replaces tables', () => {
  it('changes nothing if one of its documents does not match the schema', async () => {
    const own = await startDeployment({ functions: await createFunctions({
      'schema.ts': `
        import { defineSchema, defineTable } from 'convex/server'
        import { v } from 'convex/values'
        export default defineSchema({ notes: defineTable({ text: v.string() }) })
      `,
      'notes.ts': `
        import { mutationGeneric, queryGeneric } from 'convex/server'
        export const add = mutationGeneric((ctx, args) => ctx.db.insert('notes', args))
        export const list = queryGeneric(async ctx => (await ctx.db.query('notes').collect()).map(({ text }) => text))
      `,
    }) })
    onTestFinished(() => own.close())
    await own.mutation(makeFunctionReference<'mutation'>('notes:add'), { text: 'kept' })
    const post = async (path: string, body: string): Promise<any> => {
      const headers = { 'content-type': 'application/json', 'authorization': `Convex ${own.adminKey}` }
      const response = await fetch(`${own.url}/api/${path}`, { method: 'POST', headers, body })
      return JSON.parse(await response.text() || 'null')
    }
    const importLines = async (lines: string): Promise<unknown> => {
      const { uploadToken } = await post('import/start_upload', '{}')
      await post(`import/upload_part?uploadToken=${uploadToken}&partNumber=1`, lines)
      const options = { tableName: 'notes', mode: 'replace', format: 'jsonLines' }
      const { importId } = await post('import/finish_upload', JSON.stringify({ import: options, uploadToken }))
      await post('perform_import', JSON.stringify({ importId }))
      return (await post('query', JSON.stringify({ path: '_system/cli/queryImport', args: { importId } }))).value.state
    }
    const list = (): Promise<string[]> => own.query(makeFunctionReference<'query'>('notes:list'))

    expect(await importLines('{"text":"new"}\n{"text":5}')).toMatchObject({ state: 'failed' })
    expect(await list()).toEqual(['kept'])
    expect(await importLines('{"text":"new"}')).toMatchObject({ state: 'completed' })
    expect(await list()).toEqual(['new'])
  })
})

describe('errors: production', () => {
  it('also hides console lines from a client that sends its mutation again', async () => {
    const production = await startDeployment({ functions: folder, errors: 'production' })
    onTestFinished(() => production.close())
    const sessionId = crypto.randomUUID()
    for (let connectionCount = 0; connectionCount < 2; connectionCount++) {
      const client = await RawClient.open(production.url, { sessionId, connectionCount })
      client.mutate(0, 'functions:write', {})
      expect(await client.nextOf('MutationResponse')).toMatchObject({ success: true, logLines: [] })
    }
  })
})

describe('a client that disconnects while the deployment starts', () => {
  it('causes no error', async () => {
    const port = await findPort()
    const errors: string[] = []
    const spy = vi.spyOn(process.stderr, 'write').mockImplementation(text => errors.push(String(text)) > 0)
    onTestFinished(() => spy.mockRestore())
    const starting = startDeployment({ functions: folder, port })
    const isStarted = starting.then(() => true)
    while (!await Promise.race([isStarted, connectAndReset(port)]));
    await (await starting).close()
    expect(errors.join('')).not.toContain('ECONNRESET')
  })
})

async function findPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Requests a WebSocket, and ends the connection at once with a reset. */
async function connectAndReset(port: number): Promise<false> {
  const socket = connect(port, '127.0.0.1')
  const closed = new Promise(resolve => socket.once('close', resolve))
  socket.on('error', () => {})
  socket.once('connect', () => {
    socket.write('GET /api/1.48.0/sync HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    setTimeout(() => socket.resetAndDestroy(), 5)
  })
  await closed
  await new Promise(resolve => setTimeout(resolve, 5))
  return false
}
