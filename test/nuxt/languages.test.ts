import type { BuiltApp } from './build-app.ts'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildApp } from './build-app.ts'
import { useNuxtApp } from './fixture.ts'

const APP = fileURLToPath(new URL('./layered', import.meta.url))

/** One app for each strategy of `@nuxtjs/i18n`: with the default targets, and with routes and functions. */
const variants: { strategy: string, options: Record<string, unknown>, env: Record<string, string>, en: string, signIn: (language: string) => string, home: (language: string) => string }[] = [
  {
    strategy: 'prefix',
    options: {},
    env: {},
    en: '/en',
    signIn: language => `${language}/sign-in`,
    home: language => language,
  },
  {
    strategy: 'prefix_except_default',
    options: { signInPath: { name: 'help', query: { tab: 'sign-in' } } },
    env: { VITE_FIXTURE_FUNCTIONS: 'true' },
    en: '',
    signIn: language => `${language}/${language ? 'aide' : 'help'}?tab=sign-in`,
    home: language => `${language || '/'}?from=${language}/sign-in`,
  },
]

describe.each(variants)('page rules with @nuxtjs/i18n and the strategy $strategy', ({ strategy, options, env, en, signIn, home }) => {
  let built: BuiltApp
  beforeAll(async () => {
    built = await buildApp(options, { app: APP, env: { FIXTURE_STRATEGY: strategy, ...env } })
  })
  afterAll(() => built?.remove())
  const fixture = useNuxtApp({ output: () => built.output })

  /** The location to which a page redirects. */
  async function visit(path: string, cookie?: string): Promise<string | null> {
    const { status, headers } = await fixture.get(path, cookie)
    expect([path, status]).toEqual([path, headers.has('location') ? 302 : 200])
    return headers.get('location') && decodeURIComponent(headers.get('location')!)
  }
  const withRedirect = (target: string, redirect: string): string => `${target}${target.includes('?') ? '&' : '?'}redirect=${redirect}`

  it.each(['en', 'fr', 'fr-CA'])('redirect to pages in the language of the visited page: %s', async (code) => {
    const language = code === 'en' ? en : `/${code}`
    const ada = await fixture.signUp('Ada')
    expect(await visit(`${language}/account`)).toBe(withRedirect(signIn(language), `${language}/account`))
    expect(await visit(`${language}/account`, ada.cookie)).toBeNull()
    expect(await visit(`${language}/sign-in`, ada.cookie)).toBe(home(language))
    expect(await visit(`${language}/sign-in?redirect=${language}/account`, ada.cookie)).toBe(`${language}/account`)
    const help = `${language}/${code === 'en' ? 'help' : 'aide'}`
    expect(await visit(`${language}/elsewhere`)).toBe(`${help}?from=elsewhere&redirect=${language}/elsewhere`)
    expect(await visit(`${language}/dynamic`)).toBe(`${help}?from=${language}/dynamic&redirect=${language}/dynamic`)
    for (const path of [signIn(language), home(language), help])
      expect((await fixture.get(path || '/')).status).toBe(200)
  })

  it.each(['https://evil.example', '//evil.example', '/\\evil.example'])('never redirect to another site: %s', async (next) => {
    const target = await visit(`/fr/hostile?next=${encodeURIComponent(next)}`)
    expect(new URL(target!, 'https://this-site.example').origin).toBe('https://this-site.example')
    expect(target).toMatch(/^\/(?!\/)/)
  })

  it('redirect to a sign-in page in the language of the new page, and back after the sign-in', async () => {
    const ada = await fixture.signUp('Ada')
    const { page } = await fixture.openWindow(await fixture.openProfile(), en || '/')
    await page.waitForFunction(() => (globalThis as any).useNuxtApp?.()?.isHydrating === false)
    await page.locator('#status', { hasText: 'unauthenticated' }).waitFor()
    await page.getByRole('link', { name: 'Compte' }).click()
    await page.waitForURL(url => decodeURIComponent(url.pathname + url.search) === withRedirect(signIn('/fr'), '/fr/account'))
    if (strategy !== 'prefix')
      return
    await page.getByLabel('Email').fill(ada.email)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL('**/fr/account')
    await page.getByText('Account of Ada').waitFor()
  })

  it('apply with the auth client and the functions of a layer that the app extends', async () => {
    const ada = await fixture.signUp('Ada')
    const clients: (string | null)[] = []
    fixture.intercept(({ url, headers }) => void (url.includes('/get-session') && clients.push(headers.get('x-auth-client'))))
    const { page } = await fixture.openWindow(await fixture.openProfile(ada.cookie), `${en}/account`)
    await page.getByText('Account of Ada').waitFor()
    await expect.poll(() => clients).toContain('of the layer')
    expect(built.log).not.toContain('does not exist yet')
  })
})
