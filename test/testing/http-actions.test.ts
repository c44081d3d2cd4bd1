import type { Deployment } from '../../src/testing/index.ts'
import { request as httpRequest } from 'node:http'
import { text } from 'node:stream/consumers'
import { makeFunctionReference } from 'convex/server'
import { beforeAll, describe, expect, it } from 'vitest'
import { startDeployment } from '../../src/testing/index.ts'
import { startApp, startTestApp } from './start-app.ts'

const HTTP = `
import { httpActionGeneric as httpAction, httpRouter } from 'convex/server'
import { ConvexError } from 'convex/values'
const http = httpRouter()
const route = (path, handler) => http.route({ path, method: 'GET', handler: httpAction(handler) })
route('/nothing', async () => {})
route('/text', async () => 'not a response')
route('/throws', async () => { throw new Error('this route is broken') })
route('/throws-data', async () => { throw new ConvexError({ reason: 'no' }) })
route('/identity', async ctx => Response.json(await ctx.auth.getUserIdentity()))
route('/no-identity', async () => new Response('public'))
route('/url', async (_ctx, request) => new Response(request.url))
route('/metadata', async ctx => Response.json(await ctx.meta.getRequestMetadata()))
route('/large', async (_ctx, request) => {
  const parts = Number(new URL(request.url).searchParams.get('parts'))
  let sent = 0
  return new Response(new ReadableStream({
    pull(controller) {
      if (sent++ === parts)
        return controller.close()
      controller.enqueue(new Uint8Array(2 ** 20))
    },
  }))
})
http.route({ pathPrefix: '/echo/', method: 'OPTIONS', handler: httpAction(async (_ctx, request) => new Response(await request.text() + '.')) })
export default http
`

const META = `
import { actionGeneric, mutationGeneric } from 'convex/server'
export const inMutation = mutationGeneric(ctx => ctx.meta.getRequestMetadata())
export const inAction = actionGeneric(ctx => ctx.meta.getRequestMetadata())
`

let folder: string
let deployment: Deployment
beforeAll(async () => {
  const app = await startApp({ 'http.ts': HTTP, 'meta.ts': META }, { allowedHosts: ['app.example.com'] });
  ({ deployment, folder } = app)
  return app.close
})

function get(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${deployment.siteUrl}${path}`, { headers })
}

/** `fetch` cannot set the header `Host`. */
async function getFromHost(path: string, headers: Record<string, string>): Promise<string> {
  return await new Promise((resolve, reject) => {
    const request = httpRequest(`${deployment.siteUrl}${path}`, { headers }, response => void text(response).then(resolve, reject))
    request.on('error', reject).end()
  })
}

describe('an HTTP action that fails', () => {
  it.each(['/nothing', '/text'])('answers 500 at once if its handler returns no Response: %s', async (path) => {
    const response = await get(path)
    expect([response.status, await response.json()]).toMatchObject([500, { code: expect.stringMatching(/^\[Request ID: \w+\] Server Error: /) }])
  })

  it('answers 500 with the message as code and the stack as trace', async () => {
    const response = await get('/throws')
    expect([response.status, await response.json()]).toEqual([500, {
      code: expect.stringMatching(/^\[Request ID: [0-9a-f]{16}\] Server Error: Uncaught Error: this route is broken$/),
      trace: expect.stringMatching(/^Uncaught Error: this route is broken\n {4}at /),
    }])
  })

  it('answers 500 with the data of a ConvexError', async () => {
    const response = await get('/throws-data')
    expect([response.status, await response.json()]).toMatchObject([500, { data: { reason: 'no' } }])
  })

  it('shows neither the message nor the trace with the option errors: \'production\'', async () => {
    const production = await startDeployment({ functions: folder, errors: 'production' })
    const broken = await (await fetch(`${production.siteUrl}/throws`)).json()
    expect(broken).toEqual({ code: expect.stringMatching(/^\[Request ID: [0-9a-f]{16}\] Server Error$/) })
    const data = await (await fetch(`${production.siteUrl}/throws-data`)).json()
    expect(data).toEqual({ code: expect.stringMatching(/Server Error$/), data: { reason: 'no' } })
    await production.close()
  })
})

describe('getUserIdentity in an HTTP action', () => {
  it.each(['Bearer garbage', 'Basic dXNlcjpwYXNz', 'x'])('throws if the header Authorization was refused: %s', async (authorization) => {
    expect((await get('/identity', { authorization })).status).toBe(500)
    const other = await get('/no-identity', { authorization })
    expect([other.status, await other.text()]).toEqual([200, 'public'])
  })

  it('returns null without the header', async () => {
    expect(await (await get('/identity')).json()).toBeNull()
  })
})

describe('the request of an HTTP action', () => {
  it('has a URL with the host of its Host header and the scheme that a proxy has forwarded', async () => {
    const { host } = new URL(deployment.siteUrl)
    expect(await (await get('/url?a=1')).text()).toBe(`http://${host}/url?a=1`)
    expect(await getFromHost('/url', { host: 'app.example.com' })).toBe('http://app.example.com/url')
    expect(await getFromHost('/url', { 'host': 'app.example.com', 'x-forwarded-proto': 'https' })).toBe('https://app.example.com/url')
    expect(await getFromHost('/url', { host: 'app.example.com', forwarded: 'for=1.2.3.4;proto=https' })).toBe('https://app.example.com/url')
  })

  it('has no body with OPTIONS, as in Convex', async () => {
    const response = await fetch(`${deployment.siteUrl}/echo/x`, { method: 'OPTIONS', body: 'ignored' })
    expect(await response.text()).toBe('.')
  })
})

describe('the response of an HTTP action', () => {
  it('has at most 20 MiB', async () => {
    expect((await (await get('/large?parts=20')).arrayBuffer()).byteLength).toBe(20 * 2 ** 20)
    expect((await (await get('/large?parts=22')).arrayBuffer()).byteLength).toBe(20 * 2 ** 20)
  })
})

describe('getRequestMetadata', () => {
  it('describes the sender of a request to an HTTP action', async () => {
    const metadata = await (await get('/metadata', { 'user-agent': 'tests/1' })).json()
    expect(metadata).toMatchObject({ ip: '127.0.0.1', userAgent: 'tests/1', requestId: expect.stringMatching(/^[0-9a-f]{16}$/) })
    const forwarded = await (await get('/metadata', { 'x-forwarded-for': '203.0.113.7, 10.0.0.1' })).json()
    expect(forwarded).toMatchObject({ ip: '203.0.113.7' })
  })

  it.each(['mutation', 'action'])('describes the sender of a call over HTTP: %s', async (kind) => {
    const path = kind === 'mutation' ? 'meta:inMutation' : 'meta:inAction'
    const response = await fetch(`${deployment.url}/api/${kind}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'tests/2' },
      body: JSON.stringify({ path, args: {} }),
    })
    expect(await response.json()).toMatchObject({ value: { ip: '127.0.0.1', userAgent: 'tests/2' } })
  })

  it('describes no sender if a test has made the call', async () => {
    expect(await deployment.mutation(makeFunctionReference<'mutation'>('meta:inMutation'))).toMatchObject({ ip: null, userAgent: null })
  })
})

describe('httpPrefix', () => {
  const route = (name: string): string => `
import { httpActionGeneric as httpAction, httpRouter } from 'convex/server'
const http = httpRouter()
http.route({ path: '/where', method: 'GET', handler: httpAction(async (_ctx, request) => new Response('${name} ' + new URL(request.url).pathname + ' ' + process.env.CONVEX_SITE_URL)) })
export default http
`

  it('mounts the routes of a component, whose CONVEX_SITE_URL then contains the prefix', async () => {
    const { deployment: own } = await startTestApp({
      'convex.config.ts': `
import { defineApp } from 'convex/server'
import shop from './shop/convex.config'
const app = defineApp()
app.use(shop, { httpPrefix: '/shop/' })
app.use(shop, { name: 'hidden' })
export default app
`,
      'http.ts': route('app'),
      'shop/convex.config.ts': `
import { defineComponent } from 'convex/server'
export default defineComponent('shop')
`,
      'shop/http.ts': route('shop'),
    })
    const where = async (path: string): Promise<[number, string]> => {
      const response = await fetch(`${own.siteUrl}${path}`)
      return [response.status, await response.text()]
    }
    expect(await where('/where')).toEqual([200, `app /where ${own.siteUrl}`])
    expect(await where('/shop/where')).toEqual([200, `shop /shop/where ${own.siteUrl}/shop`])
    expect(await where('/hidden/where')).toEqual([404, 'No matching routes found'])
  })

  it('mounts the routes of the app', async () => {
    const { deployment: own } = await startTestApp({
      'convex.config.ts': `
import { defineApp } from 'convex/server'
export default defineApp({ httpPrefix: '/api/' })
`,
      'http.ts': route('app'),
    })
    const inside = await fetch(`${own.siteUrl}/api/where`)
    expect([inside.status, await inside.text()]).toEqual([200, `app /api/where ${own.siteUrl}`])
    expect((await fetch(`${own.siteUrl}/where`)).status).toBe(404)
  })
})
