// @vitest-environment node
import type { PageAuthPaths } from '../../src/nuxt/runtime/app/utils/page-auth.ts'
import { describe, expect, it } from 'vitest'
import { pathOnThisSite, redirectFor } from '../../src/nuxt/runtime/app/utils/page-auth.ts'
import { person, usePlayground } from '../support/browser/playground.ts'

const fixture = usePlayground()

/** Targets on other sites that a link to the sign-in page may contain. */
const elsewhere = [
  'https://evil.example',
  '//evil.example',
  '///evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '/\t/evil.example',
  '/\n//evil.example',
  '/.//evil.example',
  '/..//evil.example',
  '/a/..//evil.example',
  '/%2e//evil.example',
  ' //evil.example',
  '/@evil.example',
  '@evil.example',
  'evil.example',
  'javascript:globalThis.isEvil=true',
  'java\tscript:globalThis.isEvil=true',
  'data:text/html,evil',
  'blob:evil',
  '',
  '?',
  '#',
]

function pagesThatAre(path: string): PageAuthPaths {
  return { signInPath: () => path, homePath: () => path, pathOf: target => target }
}

function expectOnThisSite(target: string): void {
  const { origin, pathname } = new URL(target, 'https://this-site.example')
  expect([origin, target.startsWith('/')]).toEqual(['https://this-site.example', true])
  // Some targets leave the site only when they are resolved a second time.
  expect(new URL(pathname, 'https://this-site.example').origin).toBe('https://this-site.example')
}

describe('page rules › the target of a redirect', () => {
  it.each(elsewhere)('is on this site, whatever the query parameter `redirect` contains: %j', (redirect) => {
    const visit = { auth: 'guest', path: '/sign-in', fullPath: '/sign-in', redirect } as const
    expectOnThisSite(redirectFor(visit, 'authenticated', pagesThatAre('/home'))!)
  })

  it.each(elsewhere)('is on this site, whatever signInPath, homePath or redirectTo is: %j', (path) => {
    const page = { path: '/account', fullPath: '/account', redirect: undefined }
    for (const auth of ['required', { redirectTo: path }] as const)
      expectOnThisSite(redirectFor({ ...page, auth }, 'unauthenticated', pagesThatAre(path))!)
    expectOnThisSite(redirectFor({ ...page, auth: 'guest' }, 'authenticated', pagesThatAre(path))!)
  })

  it.each([[['/account']], [{ path: '/account' }], [undefined], [null], [7]])('is not taken from the query parameter `redirect` if it is not a string: %j', (redirect) => {
    expect(pathOnThisSite(redirect)).toBeUndefined()
  })

  it('is on this site in the playground, whose sign-in page is an example for apps', async () => {
    const profile = await fixture.openProfile()
    await fixture.signUp(profile, person('Ada'))
    const { page, expectProblem } = await fixture.openWindow(profile, '/')
    expectProblem(/No match found for location/)
    const left: string[] = []
    await profile.route(url => url.origin !== fixture.playground.url && /evil/.test(url.href), (route) => {
      left.push(route.request().url())
      return route.abort()
    })
    for (const redirect of elsewhere) {
      await page.goto(`/sign-in?redirect=${encodeURIComponent(redirect)}`)
      await page.waitForURL(url => url.pathname !== '/sign-in')
      expect(new URL(page.url()).origin).toBe(fixture.playground.url)
    }
    expect(left).toEqual([])
    expect(await page.evaluate(() => (globalThis as any).isEvil)).toBeUndefined()
  })
})
