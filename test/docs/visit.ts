import type { Deployment } from 'convue/testing'
import type { Example } from './examples.ts'
import { expect } from 'vitest'
import { createBrowserFetch } from '../support/live/deployment.ts'

/** Marks an example of a server behind a reverse proxy. */
const PROXIED = /trustProxy/
/** The headers with the address of the client that reverse proxies and hosts add. */
const ADDRESS_HEADERS = ['x-forwarded-for', 'x-nf-client-connection-ip', 'cf-connecting-ip']
const ADDRESSES = Object.fromEntries(ADDRESS_HEADERS.map(name => [name, '203.0.113.9']))

/** Signs up Ada. Returns her id and the cookies of her browser on the app's origin. */
export async function signUpAda(deployment: Deployment, origin: string): Promise<{ id: string, cookie: string }> {
  const browserFetch = createBrowserFetch(origin)
  const response = await browserFetch(`${deployment.siteUrl}/api/auth/sign-up/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Ada', email: 'ada@example.com', password: 'correct horse battery' }),
  })
  const { user: { id } } = await response.json() as { user: { id: string } }
  return { id, cookie: [...browserFetch.cookies].map(pair => pair.join('=')).join('; ') }
}

/** Whether a step is `as="anonymous"` rather than `as="Ada"`. There are no other users. */
export function isAnonymous(user: string): boolean {
  if (user !== 'anonymous' && user !== 'Ada')
    throw new Error(`An example runs as Ada or as anonymous, not as ${user}.`)
  return user === 'anonymous'
}

/** Sends the requests that an example names to a server, with Ada's cookies or (`as="anonymous"`) without cookies, and checks the responses. */
export async function visit(example: Example, origin: string, cookie: string, send: (request: Request) => Promise<Response>): Promise<void> {
  let request: Promise<Response> | undefined
  let withCookies = true
  let text = ''
  for (const { action, value } of example.steps) {
    switch (action) {
      case 'as':
        withCookies = !isAnonymous(value)
        break
      case 'get':
      case 'post': {
        const isPost = action === 'post'
        request = send(new Request(origin + value, {
          method: action.toUpperCase(),
          redirect: 'manual',
          headers: { ...(PROXIED.test(example.code) ? ADDRESSES : {}), ...(withCookies ? { cookie } : {}), ...(isPost ? { origin, 'content-type': 'application/json' } : {}) },
          ...(isPost ? { body: JSON.stringify({ text: 'Water the plants' }) } : {}),
        }))
        text = await (await request).clone().text()
        break
      }
      case 'shows':
        expect(text).toContain(value)
        break
      case 'hides':
        expect(text).not.toContain(value)
        break
      case 'status':
        expect((await request)!.status).toBe(Number(value))
        break
      case 'location':
        expect((await request)!.headers.get('location')).toBe(value)
        break
      case 'header': {
        const [name = '', expected = ''] = value.split(': ')
        expect((await request)!.headers.get(name)).toBe(expected)
        break
      }
      default:
        throw new Error(`Unknown step of an example on a server: ${action}`)
    }
  }
  expect(request, 'an example with a request').toBeDefined()
}
