import type { TestUser } from './fixture.ts'
import { beforeEach, describe, expect, it } from 'vitest'
import { deferred } from '../../src/testing/functions/deferred.ts'
import { textOf, useNuxtApp } from './fixture.ts'

const app = useNuxtApp()

let ada: TestUser
let bob: TestUser
beforeEach(async () => {
  [ada, bob] = [await app.signUp('Ada', ['Secret of Ada']), await app.signUp('Bob', ['Secret of Bob'])]
  await app.receiveKeys(ada)
})

const isSession = ({ url }: Request): boolean => url.endsWith('/get-session')

/** Better Auth's report of a user's session, with other fields. */
async function reportOf(user: TestUser, fields: { user?: object, session?: object } = {}): Promise<Response> {
  const response = await fetch(`${app.deployment.siteUrl}/api/auth/get-session`, { headers: { cookie: user.cookie } })
  const report = await response.json() as { user: object, session: object }
  return Response.json({ user: { ...report.user, ...fields.user }, session: { ...report.session, ...fields.session } })
}

/** Answers get-session after the first query, and counts the queries that arrive before that answer. */
function trackQueries(answerSession: () => Response | Promise<Response>, answerToken?: () => Response): { early: () => number } {
  let early = 0
  let isAnswered = false
  const { promise: hasQuery, resolve } = deferred<void>()
  app.intercept(async (request) => {
    if (request.url.endsWith('/api/query') && !isAnswered) {
      early++
      resolve()
    }
    if (request.url.endsWith('/convex/token'))
      return answerToken?.()
    if (!isSession(request))
      return undefined
    // Answers after the queries of the page, so that the page has been rendered as the token's user.
    await hasQuery
    isAnswered = true
    return await answerSession()
  })
  return { early: () => early }
}

describe('a page that is rendered while the session is requested', () => {
  it('is rendered again, anonymously, if the session has ended', async () => {
    const { early } = trackQueries(() => Response.json(null))
    const { html, status } = await app.get('/tasks', ada.cookie)
    expect(early()).toBeGreaterThan(0)
    expect(status).toBe(200)
    expect(textOf(html, 'status')).toBe('unauthenticated')
    expect(html).not.toMatch(/Secret|Ada/)
    expect(html).not.toContain(ada.cookies.get('better-auth.convex_jwt'))
  })

  it('is rendered again, for the user of the session, if the token is another user\'s', async () => {
    trackQueries(() => reportOf(bob), () => Response.json({ token: bob.cookies.get('better-auth.convex_jwt') }))
    const { html } = await app.get('/tasks', ada.cookie)
    expect(html).toContain('Secret of Bob</li>')
    expect(html).not.toMatch(/Secret of Ada|of Ada/)
    expect(html).not.toContain(ada.cookies.get('better-auth.convex_jwt'))
    expect(textOf(html, 'status')).toBe('authenticated Bob')
  })

  it('is rendered again, without an identity, if the session and the token differ', async () => {
    trackQueries(() => reportOf(ada, { session: { id: 'replaced' } }))
    const { html } = await app.get('/tasks', ada.cookie)
    expect(html).not.toContain('Secret of Ada')
    expect(textOf(html, 'status')).toBe('loading')
  })

  it('has no identity if Better Auth does not answer', async () => {
    trackQueries(() => new Response('a firewall', { status: 403 }))
    const { html } = await app.get('/tasks', ada.cookie)
    expect(textOf(html, 'status')).toBe('loading')
    expect(html).not.toMatch(/Secret/)
  })

  it('is rendered with the fields of the session if they differ from those of the token', async () => {
    trackQueries(() => reportOf(ada, { user: { name: 'Ada Lovelace' } }))
    const { html } = await app.get('/tasks', ada.cookie)
    expect(textOf(html, 'status')).toBe('authenticated Ada Lovelace')
    expect(html).toContain('Secret of Ada')
    expect(app.takeServerRequests().filter(name => name.endsWith('/get-session'))).toHaveLength(1)
  })

  it('contains the user and the session of Better Auth, and not only the claims of the token', async () => {
    trackQueries(() => reportOf(ada, { session: { ipAddress: '192.0.2.1' } }))
    const { html } = await app.get('/tasks', ada.cookie)
    expect(html).toContain('192.0.2.1')
  })

  it('is not redirected as a signed-in user if the session has ended', async () => {
    app.intercept(request => isSession(request) ? Response.json(null) : undefined)
    const { status, html } = await app.get('/sign-in', ada.cookie)
    expect([status, textOf(html, 'status')]).toEqual([200, 'unauthenticated'])
    const account = await app.get('/account', ada.cookie)
    expect([account.status, account.headers.get('location')]).toEqual([302, '/sign-in?redirect=/account'])
  })

  it('is redirected as a signed-in user if the session is confirmed', async () => {
    const { status, headers } = await app.get('/sign-in', ada.cookie)
    expect([status, headers.get('location')]).toEqual([302, '/'])
  })

  it('hydrates without a mismatch, with the user of the session', async () => {
    app.intercept(request => isSession(request) ? reportOf(ada, { user: { name: 'Ada Lovelace' } }) : undefined)
    const { page } = await app.openWindow(await app.openProfile(ada.cookie), '/tasks')
    await page.waitForSelector('text=Secret of Ada')
    await page.waitForFunction(() => document.querySelector('#stale')?.textContent === 'live')
  })
})
