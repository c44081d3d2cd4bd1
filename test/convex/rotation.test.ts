import type { SigningKey } from '../../src/convex/index.ts'
import type { BrowserFetch } from '../../src/testing/browser-fetch.ts'
import type { Deployment } from '../../src/testing/index.ts'
import { join } from 'node:path'
import { createAuthClient } from 'better-auth/vue'
import { anyApi } from 'convex/server'
import { useAuthedQuery } from 'convue'
import { decodeProtectedHeader } from 'jose'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { convexClient } from '../../src/convex/client/index.ts'
import { startDeployment } from '../../src/testing/index.ts'
import { eventually } from '../support/environment/eventually.ts'
import { createBrowserFetch, ORIGIN } from '../support/live/deployment.ts'
import { becomePage, LivePage } from '../support/live/live-page.ts'
import { recordTicks } from '../support/scripted/identity.ts'

const FUNCTIONS = join(import.meta.dirname, 'apps/tokens/convex')
const { auth: authFunctions, users } = anyApi as any

let deployment: Deployment
const pages: LivePage[] = []
beforeAll(() => becomePage())
afterEach(async () => {
  for (const page of pages.splice(0))
    await page.close()
  await deployment.close()
})

async function start(jwks = ''): Promise<void> {
  deployment = await startDeployment({ functions: FUNCTIONS, siteUrl: ORIGIN, env: { JWKS: jwks, AUTH_ISSUER: '', BASE_PATH: '' } })
}

/** What `npx convex run auth:rotateKeys` prints. */
const run = async (name: 'getLatestJwks' | 'rotateKeys', args = {}): Promise<string> => JSON.stringify(await deployment.action(authFunctions[name], args))

let emails = 0

/** Two tabs of a browser in which a user signs up. */
async function openTabs(): Promise<[Tab, Tab]> {
  const browserFetch = createBrowserFetch()
  const email = `user${++emails}@example.com`
  const response = await browserFetch(`${deployment.siteUrl}/api/auth/sign-up/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Ada', email, password: 'correct horse battery' }),
  })
  expect(response.status).toBe(200)
  return [await openTab(browserFetch, email), await openTab(browserFetch, email)]
}

/** A page whose status has been recorded from its first authentication on. */
async function openTab(browserFetch: BrowserFetch, email: string) {
  const kids: (string | undefined)[] = []
  const authClient = createAuthClient({
    baseURL: deployment.siteUrl,
    plugins: [convexClient()],
    fetchOptions: {
      customFetchImpl: async (input, init) => {
        const response = await browserFetch(input, init)
        if (String(input).endsWith('/convex/token') && response.ok)
          kids.push(decodeProtectedHeader((await response.clone().json()).token).kid)
        return response
      },
    },
  })
  const page = new LivePage(deployment, { authClient })
  pages.push(page)
  const identity = page.run(() => useAuthedQuery(users.whoami))
  await eventually(() => identity.data.value?.email).toBe(email)
  expect(page.convex.auth.status.value).toBe('authenticated')
  const ticks = recordTicks(() => [page.convex.auth.status.value, identity.data.value?.email, identity.error.value])
  /** The deployment verifies the current token again. */
  const reconnect = async (): Promise<void> => {
    const { length } = authentications()
    deployment.disconnectAll()
    await eventually(() => authentications().length).toBeGreaterThanOrEqual(length + pages.length)
    await deployment.settled()
  }
  return { page, email, ticks, kids, reconnect, refresh: () => page.convex.auth.refresh() }
}

function authentications(): Deployment['log'] {
  return deployment.log.filter(({ kind, name }) => kind === 'socket' && name === 'authenticate')
}

type Tab = Awaited<ReturnType<typeof openTab>>

function expectNeverSignedOut(opened: Tab[]): void {
  for (const { ticks, email } of opened)
    expect(ticks.map(tick => JSON.parse(tick)).filter(([status, shown]) => status !== 'authenticated' || shown !== email)).toEqual([])
}

describe('defineKeyActions', () => {
  describe('with static keys', () => {
    it('rotates the keys while pages are open, and every page stays authenticated', async () => {
      await start()
      await deployment.setEnv('JWKS', await run('getLatestJwks'))
      const opened = await openTabs()
      const first = opened[0].kids[0]

      const rotated = await run('rotateKeys')
      // Until the variable is written, tokens of the previous key are issued and accepted.
      await opened[1].refresh()
      await opened[0].reconnect()
      await deployment.setEnv('JWKS', rotated)
      // Both pages have tokens of the previous key.
      expect(opened.map(({ kids }) => new Set(kids))).toEqual([new Set([first]), new Set([first])])
      await opened[0].reconnect()
      for (const page of opened) {
        await page.refresh()
        await eventually(() => page.kids.at(-1)).toBe((JSON.parse(rotated) as SigningKey[])[0]!.id)
      }
      await opened[0].reconnect()
      await deployment.settled()
      expectNeverSignedOut(opened)
    })

    it('with revoke, refuses tokens of the previous key, and pages continue with a new token', async () => {
      await start()
      await deployment.setEnv('JWKS', await run('getLatestJwks'))
      const [page] = await openTabs()
      const before = page.kids.length
      await deployment.setEnv('JWKS', await run('rotateKeys', { revoke: true }))
      deployment.disconnectAll()
      await eventually(() => page.kids.length).toBeGreaterThan(before)
      await eventually(() => page.page.convex.auth.status.value).toBe('authenticated')
      expect(page.ticks.map(tick => JSON.parse(tick)[0])).not.toContain('unauthenticated')
    })
  })

  describe('with keys in the database', () => {
    it('rotates the keys while pages are open, and every page stays authenticated', async () => {
      await start()
      const opened = await openTabs()
      const [created] = JSON.parse(await run('rotateKeys')) as SigningKey[]
      await opened[0].reconnect()
      await opened[0].refresh()
      expect(opened[0].kids).not.toContain(created!.id)
      await deployment.advanceClock(61_000)
      for (const page of opened) {
        await page.refresh()
        await eventually(() => page.kids.at(-1)).toBe(created!.id)
      }
      await opened[0].reconnect()
      await deployment.settled()
      expectNeverSignedOut(opened)
    })
  })

  it('can only be called internally', async () => {
    await start()
    for (const name of ['getLatestJwks', 'rotateKeys']) {
      const response = await fetch(`${deployment.url}/api/action`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ path: `auth:${name}`, args: [{}], format: 'json' }),
      })
      expect(await response.text()).toMatch(/Could not find public function/)
    }
  })
})

describe('convex', () => {
  it('lets a sign-up in a mutation succeed, although ES256 cannot sign there', async () => {
    await start()
    await deployment.setEnv('JWKS', await run('getLatestJwks'))
    expect(await deployment.mutation(authFunctions.signUp)).toBe('Cid')
  })
})
