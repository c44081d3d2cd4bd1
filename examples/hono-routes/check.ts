/** Reads the token of a user, calls the routes, and looks for requests for the keys. */
import type { Check } from '../harness/check.ts'
import assert from 'node:assert/strict'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { hides, shows, submit } from '../harness/check.ts'

const check: Check = async ({ page, url, allow, output, printed }) => {
  const site = await printed(/HTTP routes: (\S+)/)
  const paths = new Set<string>()
  page.on('request', (request) => {
    const { origin, pathname } = new URL(request.url())
    if (origin === site)
      paths.add(pathname)
  })

  // Without a token, the route refuses the request, and the page may read the answer.
  allow(/401.*\/api\/greeting/)
  await page.getByRole('button', { name: 'Call the route' }).click()
  await shows(page, 'Sign in first.')

  const [answer] = await Promise.all([
    page.waitForResponse(response => response.url() === `${site}/accounts/convex/token` && response.ok()),
    submit(page, { Name: 'Ada', Email: 'ada@example.com', Password: 'correct horse battery' }, 'Sign up'),
  ])
  await shows(page, 'example.com')
  await page.getByRole('button', { name: 'Call the route' }).click()
  await shows(page, 'Hello Ada of example.com')

  // The token has the claims and the lifetime of `convex/auth.ts`.
  const { token } = await answer.json() as { token: string }
  const { iat, exp, sub, sessionId, ...claims } = decodeJwt(token)
  assert.deepEqual(claims, { name: 'Ada', team: 'example.com', iss: site, aud: 'convex' })
  assert.deepEqual([typeof sub, typeof sessionId], ['string', 'string'])
  assert.equal(exp! - iat!, 300)

  // All routes of Better Auth are below the base path.
  assert.ok([...paths].every(path => path === '/api/greeting' || path.startsWith('/accounts/')), [...paths].join(', '))
  assert.equal((await fetch(`${site}/api/auth/get-session`)).status, 404)

  // Preflight requests: only pages of the app may send the header with the session.
  for (const [path, name] of [['/accounts/get-session', 'better-auth-cookie'], ['/api/greeting', 'authorization']]) {
    const allowed = await preflight(`${site}${path}`, url, name!)
    assert.equal(allowed.status, 204)
    assert.equal(allowed.headers.get('access-control-allow-origin'), url)
    assert.match(allowed.headers.get('access-control-allow-headers') ?? '', new RegExp(name!, 'i'))
    const refused = await preflight(`${site}${path}`, 'http://localhost:1', name!)
    assert.notEqual(refused.headers.get('access-control-allow-origin'), 'http://localhost:1')
  }

  // Convex has verified the token without a request for the keys, which the route also returns.
  await printed(/GET \/api\/greeting 200/)
  assert.doesNotMatch(output(), /jwks|openid-configuration/)
  const { keys } = await (await fetch(`${site}/accounts/convex/jwks`)).json() as { keys: { kid: string }[] }
  assert.deepEqual(keys.map(({ kid }) => kid), [decodeProtectedHeader(token).kid])
  await printed(/GET \/accounts\/convex\/jwks 200/)

  await page.getByRole('button', { name: 'Sign out' }).click()
  await shows(page, 'I have an account')
  await hides(page, 'Hello Ada')
}

async function preflight(address: string, origin: string, header: string): Promise<Response> {
  const headers = { origin, 'access-control-request-method': 'GET', 'access-control-request-headers': header }
  return await fetch(address, { method: 'OPTIONS', headers })
}

export default check
