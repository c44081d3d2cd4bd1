import type { BuiltApp } from './build-app.ts'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildApp } from './build-app.ts'
import { textOf, useNuxtApp } from './fixture.ts'

// `npm run check:presets` runs this file. `shared-routes.test.ts`, of `npm run test:nuxt`, runs more tests
// with the presets `node-server` and `netlify`.
const PRESETS = [
  { preset: 'vercel', host: './vercel-host.ts', addressHeader: 'x-forwarded-for' },
  { preset: 'cloudflare_module', host: './worker-host.ts', addressHeader: 'cf-connecting-ip' },
]

describe.each(PRESETS)('the preset $preset', ({ preset, host, addressHeader }) => {
  let built: BuiltApp
  beforeAll(async () => {
    built = await buildApp({ server: { trustProxy: { addressHeader }, timeoutMs: 120_000 } }, { env: { NITRO_PRESET: preset } })
  })
  afterAll(() => built?.remove())
  const app = useNuxtApp({ output: () => built.output, entry: { host: fileURLToPath(new URL(host, import.meta.url)) } })

  /** The headers that a proxy of the host adds. */
  const behindProxy = (address: string): Record<string, string> => ({ accept: 'text/html', [addressHeader]: address })

  it('renders a page as the user, and keeps it out of all caches', async () => {
    const ada = await app.signUp('Ada')
    const { html, headers } = await app.get('/kept/none', ada.cookie, behindProxy('203.0.113.5'))
    expect(textOf(html, 'rendered')).toBe('authenticated Ada Ada')
    expect(textOf(html, 'fetched')).toBe('token true Ada Ada Ada')
    expect(headers.get('cache-control')).toBe('private, no-store')
    expect(headers.get('vary')).toContain('Cookie')
  })

  it('renders a page anonymously if a cache keeps it', async () => {
    const ada = await app.signUp('Ada')
    const { html, headers } = await app.get('/kept/isr', ada.cookie, behindProxy('203.0.113.5'))
    expect(textOf(html, 'rendered')).toBe('loading')
    expect(html).not.toMatch(/Ada|eyJ/)
    expect(headers.getSetCookie()).toEqual([])
  })

  it('passes auth requests on with their cookies and the address of the client', async () => {
    const ada = await app.signUp('Ada')
    const addresses: (string | null)[] = []
    app.intercept(request => void addresses.push(request.headers.get('x-forwarded-for')))
    const session = await app.get('/api/auth/get-session', ada.cookie, behindProxy('203.0.113.7'))
    expect(JSON.parse(session.html).user.name).toBe('Ada')
    expect(session.headers.get('cache-control')).toBe('private, no-store')
    const origin = new URL(app.url).origin
    const signOut = await fetch(`${app.url}/api/auth/sign-out`, {
      method: 'POST',
      headers: { ...behindProxy('203.0.113.7'), 'cookie': ada.cookie, origin, 'content-type': 'application/json' },
      body: '{}',
    })
    expect(signOut.status).toBe(200)
    expect(signOut.headers.getSetCookie().join()).toMatch(/session_token=;/)
    expect(addresses).toEqual(['203.0.113.7', '203.0.113.7'])
  })
})
