import type { ConvexServerOptions } from 'convue/server'
import type { ScriptedUpstream } from '../support/scripted/scripted-upstream.ts'
import { createHash } from 'node:crypto'
import { createConvexServer } from 'convue/server'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findStoreKey } from '../../src/persist/session-key.ts'
import { browserRequest } from '../support/live/app-server.ts'
import { transports } from '../support/live/auth-transports.ts'
import { json, startUpstream } from '../support/scripted/scripted-upstream.ts'

const FLAGS = 'Path=/; HttpOnly; Secure; SameSite=Lax'
const READABLE = 'Path=/; Secure; SameSite=Lax'
const NAME = '__Secure-better-auth.convue_store_key'
/** As Better Auth writes it: the token of the session, and its signature. */
const VALUE = 'ada-token.signature%2B1%3D'
const KEY = createHash('sha256').update('convue store key; ada-token').digest('hex').slice(0, 32)

let upstream: ScriptedUpstream
beforeEach(async () => {
  upstream = await startUpstream()
})
afterEach(async () => {
  await upstream.close()
})

describe.each(transports)('the companion cookie, with Better Auth $name', ({ optionsFor }) => {
  const session = (rest: string): string => `__Secure-better-auth.session_token=${rest}`

  /** The companion cookies that a response of the proxy sets. */
  async function companions(setCookies: string[], method = 'POST', cookies = '', options: Partial<ConvexServerOptions> = {}): Promise<string[]> {
    upstream.answer = json({}, 200, { 'set-cookie': setCookies })
    const server = createConvexServer({ convexUrl: upstream.url, ...optionsFor(upstream.url), ...options })
    const request = new Request(browserRequest(cookies, {}, 'https://app.example/api/auth/x'), { method })
    const response = await server.handler(request, { address: '127.0.0.1' })
    return response.headers.getSetCookie().filter(setCookie => setCookie.includes('convue_store_key'))
  }

  it('is set and renewed together with the session cookie, and is readable by the page', async () => {
    const setCookies = [session(`${VALUE}; Max-Age=604800; ${FLAGS}`)]
    for (const method of ['POST', 'GET'])
      expect(await companions(setCookies, method)).toEqual([`${NAME}=${KEY}; Max-Age=604800; ${READABLE}`])
    expect(findStoreKey(`a=b; ${NAME}=${KEY}`, undefined)).toBe(KEY)
    expect(findStoreKey(`a=b; ${NAME}=${KEY}`, 'better-auth')).toBe(KEY)
    expect(findStoreKey(`a=b; ${NAME}=${KEY}`, 'shop')).toBeNull()
  })

  it('ends with the browser if the session cookie does', async () => {
    expect(await companions([session(`${VALUE}; ${FLAGS}`)])).toEqual([`${NAME}=${KEY}; ${READABLE}`])
  })

  it('has another value for each session, which contains neither the token nor a signature', async () => {
    const [first, second] = [await companions([session(`one.x; ${FLAGS}`)]), await companions([session(`two.x; ${FLAGS}`)])]
    expect(first).not.toEqual(second)
    expect([...first, ...second].join()).not.toMatch(/one|two/)
  })

  it('is deleted together with the session cookie', async () => {
    expect(await companions([session(`; Max-Age=0; ${FLAGS}`)], 'POST', session(VALUE))).toEqual([`${NAME}=; Max-Age=0; ${READABLE}`])
  })

  it('is kept if a GET, whose answer may be late, deletes the session cookie', async () => {
    const setCookies = [session(`; Max-Age=0; ${FLAGS}`), `${NAME}=; Max-Age=0; ${READABLE}`]
    expect(await companions(setCookies, 'GET', session(VALUE))).toEqual([])
  })

  it('is unchanged if a response does not set the session cookie', async () => {
    expect(await companions([`__Secure-better-auth.dont_remember=true; ${FLAGS}`], 'POST', session(VALUE))).toEqual([])
  })

  it('is deleted if a plugin has deleted the session, even if the auth server sets the cookie', async () => {
    const setCookies = [session(`${VALUE}; ${FLAGS}`), `${NAME}=${KEY}; ${READABLE}`, session(`; Max-Age=0; ${FLAGS}`)]
    expect(await companions(setCookies)).toEqual([`${NAME}=; Max-Age=0; ${READABLE}`])
  })

  it('has the prefix of the app\'s cookies', async () => {
    const setCookies = [`shop.session_token=${VALUE}; Path=/`]
    expect(await companions(setCookies, 'POST', '', { cookiePrefix: 'shop' })).toEqual([`shop.convue_store_key=${KEY}; Path=/`])
  })

  it('is set for a page that the server renders, and is not sent to the auth server', async () => {
    upstream.answer = json(null, 200, { 'set-cookie': [session(`${VALUE}; Max-Age=60; ${FLAGS}`)] })
    const server = createConvexServer({ convexUrl: upstream.url, ...optionsFor(upstream.url) })
    const { getSession, responseHeaders } = server.forRequest(browserRequest(`${session(VALUE)}; ${NAME}=${KEY}`))
    await getSession()
    expect(responseHeaders().getSetCookie()).toContain(`${NAME}=${KEY}; Max-Age=60; ${READABLE}`)
    expect(upstream.requests.map(({ headers }) => headers.cookie)).toEqual([session(VALUE)])
  })
})
