import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { useNuxtApp } from './fixture.ts'

const app = useNuxtApp()

/** Resolves when the page handles clicks and the browser is idle. */
async function hydratedAndIdle(page: Page): Promise<void> {
  const counter = page.getByRole('button', { name: /clicks/ })
  await expect.poll(async () => {
    await counter.click()
    return (await counter.textContent())!.trim()
  }).not.toBe('0 clicks')
  // Nuxt requests this file as soon as the browser is idle after the hydration.
  await page.waitForFunction(() => performance.getEntriesByType('resource').some(({ name }) => name.includes('/builds/meta/')))
}

/** What a page has requested, except the session: Convue subscribes to the Better Auth client, which requests it. */
const besidesSession = (requests: string[]): string[] => requests.filter(request => request !== 'GET /api/auth/get-session')

/** The number of tokens that the browser requests for the first query: only a rendered user has a token already. */
const PAGES = [
  ['a page without a rule', '/plain/any', 0],
  ['a page with the rule `convue: { auth: false }`', '/plain/public', 1],
] as const

describe('a Nuxt page that reads neither the status nor a query', () => {
  it.each(PAGES)('opens no socket and requests no token until it shows a query: %s', async (_name, path, tokens) => {
    const ada = await app.signUp('Ada', ['one', 'two'])
    const { page, requests, sent } = await app.openWindow(await app.openProfile(ada.cookie), path)
    await hydratedAndIdle(page)
    expect(sent).toEqual([])
    expect(besidesSession(requests)).toEqual([])

    await page.getByRole('button', { name: 'Show my tasks' }).click()
    await page.locator('#count', { hasText: '2 tasks' }).waitFor()
    expect(sent).toEqual([['Connect', 'Authenticate', 'ModifyQuerySet']])
    expect(requests.filter(request => request.endsWith('/convex/token'))).toHaveLength(tokens)
  })

  it('opens no socket for an anonymous user', async () => {
    const { page, requests, sent } = await app.openWindow(await app.openProfile(), '/plain/any')
    await hydratedAndIdle(page)
    expect(sent).toEqual([])
    expect(besidesSession(requests)).toEqual([])
  })
})
