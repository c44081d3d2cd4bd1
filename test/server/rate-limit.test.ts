import type { ConvexServerOptions } from 'convue/server'
import type { Deployment } from '../../src/testing/index.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { browserRequest, createAppServer } from '../support/live/app-server.ts'
import { createBrowserFetch, ORIGIN, startFixture } from '../support/live/deployment.ts'
import { serve } from '../support/live/serve.ts'

// Better Auth counts requests by address and path. Within ten seconds, it allows each address three
// sign-ins and a hundred other requests.

const ADA = { name: 'Ada', email: 'ada@example.com', password: 'correct horse battery' }
const CLIENT_ADDRESS_HEADER = 'x-client-3f9a'
const WITH_HEADER = { clientAddressHeader: CLIENT_ADDRESS_HEADER }

let deployment: Deployment
let addresses = 0
const nextAddress = (): string => `203.0.113.${++addresses}`

/** A browser that reaches the app from an address, directly or through a proxy. */
function browse(options: Partial<ConvexServerOptions>, address: string, forged: Record<string, string> = {}): typeof fetch & { cookies: Map<string, string> } {
  const { handler } = createAppServer(deployment, options)
  return createBrowserFetch(ORIGIN, (request) => {
    for (const [name, value] of Object.entries(forged))
      request.headers.set(name, value)
    if (!options.trustProxy)
      return handler(request, { address })
    const written = request.headers.get('x-forwarded-for')
    request.headers.set('x-forwarded-for', written ? `${written}, ${address}` : address)
    return handler(request, { address: '10.0.0.1' })
  })
}

async function signIn(browserFetch: typeof fetch, password: string): Promise<number> {
  const { status } = await browserFetch(`${ORIGIN}/api/auth/sign-in/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: ADA.email, password }),
  })
  return status
}

async function signUp(options: Partial<ConvexServerOptions>): Promise<ReturnType<typeof browse>> {
  const ada = browse(options, nextAddress())
  const { status } = await ada(`${ORIGIN}/api/auth/sign-up/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(ADA),
  })
  expect(status).toBe(200)
  return ada
}

interface Route {
  where: string
  options: Partial<ConvexServerOptions>
  env: Record<string, string>
  hasEdge: boolean
}

describe.each<Route>([
  { where: 'that clients reach directly', options: {}, env: {}, hasEdge: false },
  { where: 'behind a proxy that it trusts', options: { trustProxy: true }, env: {}, hasEdge: false },
  // The network in front of a deployment may rewrite this header.
  { where: 'whose x-forwarded-for is rewritten on the way to the deployment', options: WITH_HEADER, env: { CLIENT_ADDRESS_HEADER }, hasEdge: true },
])('handler › Better Auth\'s rate limits for an app $where', ({ options, env, hasEdge }) => {
  let started: Deployment
  let edge: Awaited<ReturnType<typeof serve>> | undefined
  let ada: ReturnType<typeof browse>

  beforeAll(async () => {
    started = await startFixture({ env: { RATE_LIMIT: 'true', ...env } })
    if (hasEdge) {
      edge = await serve(async ({ url, method, headers, body }) => {
        const { pathname, search } = new URL(url)
        headers.delete('connection')
        headers.set('x-forwarded-for', '192.0.2.1')
        const answer = await fetch(started.siteUrl + pathname + search, { method, headers, body: body && await new Response(body).arrayBuffer() })
        return new Response(answer.body, answer)
      })
    }
    deployment = edge ? { ...started, url: started.url, siteUrl: edge.url } : started
    ada = await signUp(options)
  })
  afterAll(() => Promise.all([edge?.close(), started?.close()]))

  it('lock out only the client that tries too often', async () => {
    const guessing = browse(options, nextAddress())
    for (const guess of ['one', 'two', 'three'])
      expect(await signIn(guessing, guess)).toBe(401)
    expect(await signIn(guessing, 'four')).toBe(429)
    expect(await signIn(browse(options, nextAddress()), ADA.password)).toBe(200)
  })

  it('cannot be evaded by headers that a client writes', async () => {
    const address = nextAddress()
    const statuses: number[] = []
    for (const guess of ['one', 'two', 'three', 'four']) {
      const other = nextAddress()
      const forged = { 'x-real-ip': other, 'forwarded': `for=${other}`, 'cf-connecting-ip': other, [CLIENT_ADDRESS_HEADER]: other }
      statuses.push(await signIn(browse(options, address, options.trustProxy ? { ...forged, 'x-forwarded-for': other } : forged), guess))
    }
    expect(statuses).toEqual([401, 401, 401, 429])
  })

  it('are not used up by a server that renders pages', async () => {
    const { forRequest } = createAppServer(deployment, { ...options, jwtCache: false })
    const rendered: unknown[] = []
    for (let page = 0; page < 120; page++) {
      const { getSession, getToken } = forRequest(browserRequest(ada.cookies))
      const [session, token] = await Promise.all([getSession(), getToken()])
      rendered.push(session?.user.email, typeof token)
    }
    expect(rendered).toEqual(Array.from({ length: 120 }).flatMap(() => [ADA.email, 'string']))
    for (const path of ['get-session', 'convex/token'])
      expect((await ada(`${ORIGIN}/api/auth/${path}`)).status).toBe(200)
  })
})
