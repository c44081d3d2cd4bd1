import type { ConvexServerOptions } from 'convue/server'
import type { ScriptedUpstream } from '../support/scripted/scripted-upstream.ts'
import { makeFunctionReference } from 'convex/server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { browserRequest, createAppServer } from '../support/live/app-server.ts'
import { signedIn } from '../support/live/auth-cookies.ts'
import { fakeToken } from '../support/scripted/fake-token.ts'
import { json, startUpstream } from '../support/scripted/scripted-upstream.ts'

const mutation = makeFunctionReference<'mutation', Record<string, never>, string>('tasks:add')
const action = makeFunctionReference<'action', Record<string, never>, string>('tasks:run')
const query = makeFunctionReference<'query', Record<string, never>, string>('tasks:list')
const APP = 'https://app.example.com'
const COOKIES = signedIn({ token: fakeToken('ada') })

let upstream: ScriptedUpstream
beforeAll(async () => {
  upstream = await startUpstream()
  upstream.answer = json({ status: 'success', value: 'done' })
})
afterAll(() => upstream.close())

/**
 * Runs a mutation and an action for a request with these headers, and returns their result, or the
 * code of their error. Checks that the deployment receives no request for a call that is refused.
 */
async function write(headers: Record<string, string>, options: Partial<ConvexServerOptions> = {}, url = `${APP}/page`): Promise<string> {
  const app = createAppServer({ url: upstream.url, siteUrl: upstream.url }, options)
  const { fetchAuthMutation, fetchAuthAction, fetchAuthQuery } = app.forRequest(browserRequest(COOKIES, headers, url))
  const [first, second] = await Promise.all([fetchAuthMutation(mutation, {}), fetchAuthAction(action, {})].map(call => call.catch(error => error.code)))
  expect(second).toBe(first)
  expect(app.requests).toHaveLength(first === 'done' ? 2 : 0)
  expect(await fetchAuthQuery(query, {})).toBe('done')
  return first
}

describe('fetchAuthMutation and fetchAuthAction', () => {
  it.each([
    ['a page of the app', { 'origin': APP, 'sec-fetch-site': 'same-origin' }],
    ['a page of the app in a browser without Fetch Metadata', { origin: APP }],
    ['a form of the app whose Origin is null', { 'origin': 'null', 'sec-fetch-site': 'same-origin' }],
    ['the address bar', { 'sec-fetch-site': 'none' }],
    ['a link of the app in a browser without Fetch Metadata', { referer: `${APP}/before?a` }],
  ])('run for a request from %s', async (_name, headers) => {
    expect(await write(headers as Record<string, string>)).toBe('done')
  })

  it.each([
    ['another site', { 'origin': 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['another site in a browser without Fetch Metadata', { origin: 'https://evil.example' }],
    ['a link on another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }],
    ['a link on another site in a browser without Fetch Metadata', { referer: 'https://evil.example/' }],
    ['another host of the same site', { 'origin': 'https://blog.example.com', 'sec-fetch-site': 'same-site' }],
    ['another port', { origin: 'https://app.example.com:8443' }],
    ['the host of the app over http', { origin: 'http://app.example.com' }],
    ['a host whose name begins like the app\'s', { origin: 'https://app.example.com.evil.example' }],
    ['a host whose name ends like the app\'s', { origin: 'https://evilapp.example.com' }],
    ['a sandboxed frame', { origin: 'null' }],
    ['a sandboxed frame, with a referrer', { origin: 'null', referer: `${APP}/` }],
    ['an invalid origin', { origin: 'app.example.com' }],
    ['an invalid referrer', { referer: 'app.example.com' }],
    ['a page with an unknown value of Sec-Fetch-Site', { 'sec-fetch-site': 'secret' }],
    ['a page that no header names', {}],
    ['a page that no header names, with an empty Referer', { referer: '' }],
    ['another site that writes the headers of a proxy', { 'origin': 'https://evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' }],
  ])('reject, and do not reach the deployment, for a request from %s', async (_name, headers) => {
    expect(await write(headers as Record<string, string>)).toBe('ORIGIN_UNTRUSTED')
  })

  it('run anonymously if the request has neither cookies nor a header that names an origin', async () => {
    const app = createAppServer({ url: upstream.url, siteUrl: upstream.url })
    upstream.requests.length = 0
    expect(await app.forRequest(browserRequest('', {}, `${APP}/page`)).fetchAuthMutation(mutation, {})).toBe('done')
    expect(upstream.requests[0]!.headers).not.toHaveProperty('authorization')
  })

  it('run for a client that is not a browser and sends the app\'s origin', async () => {
    expect(await write({ origin: APP })).toBe('done')
  })

  it('reject with an error that says which headers are missing and which one to send', async () => {
    const { fetchAuthMutation } = createAppServer({ url: upstream.url, siteUrl: upstream.url }).forRequest(browserRequest(COOKIES))
    await expect(fetchAuthMutation(mutation, {})).rejects.toMatchObject({
      why: expect.stringContaining('no Origin, Referer or Sec-Fetch-Site'),
      fix: expect.stringContaining('A client that is not a browser must send `Origin`'),
    })
  })

  it('run or reject according to the origin of the request in `causedBy`', async () => {
    const blind = browserRequest(COOKIES, {}, `${APP}/inner`)
    const own = browserRequest(COOKIES, { 'sec-fetch-site': 'same-origin' }, `${APP}/page`)
    const foreign = browserRequest(COOKIES, { 'sec-fetch-site': 'cross-site' }, `${APP}/page`)
    const app = createAppServer({ url: upstream.url, siteUrl: upstream.url })
    const writeFor = (request: Request, causedBy: Request): Promise<string> =>
      app.forRequest(request, { causedBy }).fetchAuthMutation(mutation, {}).catch(error => error.code)
    expect(await writeFor(blind, own)).toBe('done')
    for (const inner of [blind, own, browserRequest(COOKIES, { origin: APP }, `${APP}/inner`)]) {
      expect(await writeFor(inner, foreign)).toBe('ORIGIN_UNTRUSTED')
      expect(await writeFor(inner, blind)).toBe('ORIGIN_UNTRUSTED')
    }
  })

  it('run for an origin in `trustedOrigins`, and for no other origin', async () => {
    const options = { trustedOrigins: ['https://Admin.example.com/'] }
    expect(await write({ 'origin': 'https://admin.example.com', 'sec-fetch-site': 'same-site' }, options)).toBe('done')
    expect(await write({ origin: 'https://admin.example.com' }, options)).toBe('done')
    expect(await write({ 'origin': 'https://blog.example.com', 'sec-fetch-site': 'same-site' }, options)).toBe('ORIGIN_UNTRUSTED')
  })

  it('run if a proxy terminates TLS, so that the app receives http', async () => {
    expect(await write({ origin: APP }, {}, 'http://app.example.com/page')).toBe('done')
  })

  it('run behind a reverse proxy that changes Host, if `trustProxy` is set', async () => {
    const headers = { 'origin': APP, 'x-forwarded-host': 'app.example.com', 'x-forwarded-proto': 'https' }
    expect(await write(headers, { trustProxy: true }, 'http://internal:3000/page')).toBe('done')
    expect(await write(headers, { trustProxy: { hostHeader: 'x-forwarded-host' } }, 'http://internal:3000/page')).toBe('done')
    expect(await write(headers, {}, 'http://internal:3000/page')).toBe('ORIGIN_UNTRUSTED')
  })

  it('never run if the origin of the app comes from a header that `trustProxy` does not name', async () => {
    const headers = { 'origin': 'https://evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https', 'cf-connecting-ip': '203.0.113.9' }
    for (const trustProxy of [{ addressHeader: 'cf-connecting-ip' }, { addressHeader: 'cf-connecting-ip', protocolHeader: 'x-forwarded-proto' }])
      expect(await write(headers, { trustProxy })).toBe('ORIGIN_UNTRUSTED')
  })
})
