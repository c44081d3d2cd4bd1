// Tests the packed package with one version of each peer: a sign-up, a live query, a mutation, the server's side, a
// sign-out.
import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { createConvexServer } from 'convue/server'
import { startDeployment } from 'convue/testing'
import { api } from '../../support/convex/_generated/api.js'
import { mountApp } from './app.ts'

const ORIGIN = 'http://localhost:5173'
const cookies = new Map<string, string>()
const cookieHeader = (): string => [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')

async function browserFetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const request = new Request(input, init)
  request.headers.set('origin', ORIGIN)
  request.headers.set('cookie', cookieHeader())
  const response = await fetch(request)
  for (const [pair = ''] of response.headers.getSetCookie().map(cookie => cookie.split(';'))) {
    const [name = '', ...value] = pair.split('=')
    if (value.join('=') === '')
      cookies.delete(name)
    else
      cookies.set(name, value.join('='))
  }
  return response
}

/** Waits for a condition, on a machine of any speed. */
async function eventually(what: string, condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 120_000
  while (!condition()) {
    assert.ok(Date.now() < deadline, `${what}: ${document.body.textContent}`)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

async function smoke(): Promise<void> {
  const deployment = await startDeployment({
    functions: fileURLToPath(new URL('../../support/convex', import.meta.url)),
    siteUrl: ORIGIN,
    // `auth.config` of the functions reads these variables. Convex rejects the file unless they are
    // set.
    env: { TEST_ISSUER: 'https://tests.convue.dev', TEST_JWKS: 'data:application/json,{"keys":[]}' },
  })
  try {
    const root = document.body.appendChild(document.createElement('div'))
    const { authClient, convex, app } = mountApp(root, deployment.url, deployment.siteUrl, browserFetch)
    await eventually('anonymous', () => root.textContent!.startsWith('unauthenticated undefined 0'))

    const { data, error } = await authClient.signUp.email({ name: 'Ada', email: 'ada@example.com', password: 'correct horse battery' })
    assert.equal(error, null)
    await eventually('signed in', () => root.textContent!.startsWith('authenticated Ada 0'))
    root.querySelector('button')!.click()
    await eventually('a mutation', () => root.querySelector('li')?.textContent === 'from the page')
    await deployment.mutation(api.tasks.add, { text: 'from elsewhere' }, { identity: { subject: data!.user.id } })
    await eventually('a live update', () => root.querySelectorAll('li').length === 2)

    const server = createConvexServer({ convexUrl: deployment.url, convexSiteUrl: deployment.siteUrl })
    const request = server.forRequest(new Request(ORIGIN, { headers: { cookie: cookieHeader() } }))
    assert.deepEqual((await request.fetchAuthQuery(api.tasks.list)).map(({ text }) => text), ['from the page', 'from elsewhere'])
    assert.equal((await request.getSession())!.user.name, 'Ada')

    await convex.auth.signOut()
    await eventually('signed out', () => root.textContent!.startsWith('unauthenticated undefined 0'))
    assert.equal(root.querySelectorAll('li').length, 0)
    app.unmount()
  }
  finally {
    await deployment.close()
  }
}

smoke().then(() => process.exit(0), (error) => {
  console.error(error)
  process.exit(1)
})
