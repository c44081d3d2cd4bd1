import type { CDPSession } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { useNuxtApp } from './fixture.ts'

const app = useNuxtApp({ keepsPages: true })

interface Visit {
  /** Navigates to another document of the app. */
  leaveFor: (path: string) => Promise<void>
  /** Navigates back to the page. */
  comeBack: () => Promise<void>
  /** Whether the page is the same document as before. */
  isKept: () => Promise<boolean>
  /** The text of the page in each frame since the navigation back. */
  seen: () => Promise<string[]>
  /** The text of the page. */
  text: () => Promise<string>
  signOut: () => Promise<void>
  clearCookies: () => Promise<void>
}

/** Opens a page as Ada, and waits until it is live. */
async function visit(path: string): Promise<Visit> {
  const ada = await app.signUp('Ada', ['Water the ferns'])
  const profile = await app.openProfile(ada.cookie)
  await profile.addInitScript(() => addEventListener('pageshow', ({ persisted }) => {
    const seen: string[] = []
    Object.assign(globalThis, { seen, isKept: persisted })
    const look = (): void => {
      seen.push(document.body.textContent)
      requestAnimationFrame(look)
    }
    look()
  }))
  const { page, expectProblem } = await app.openWindow(profile, path)
  // The browser closes the socket of a page that it keeps.
  expectProblem(/entered Back-Forward Cache/i)
  await page.locator('#status', { hasText: 'authenticated Ada' }).waitFor()
  await page.locator('main', { hasText: /success Ada|Water the ferns/ }).waitFor()
  const session: CDPSession = await profile.newCDPSession(page)
  const evaluate = async (expression: string): Promise<any> =>
    (await session.send('Runtime.evaluate', { expression, returnByValue: true })).result.value
  return {
    leaveFor: async (path) => {
      await page.goto(app.url + path)
    },
    async comeBack() {
      await evaluate('history.back()')
      await expect.poll(() => evaluate(`location.pathname === ${JSON.stringify(path)} && globalThis.seen?.length > 2`)).toBe(true)
    },
    isKept: () => evaluate('globalThis.isKept'),
    seen: () => evaluate('globalThis.seen'),
    text: () => evaluate('document.body.textContent'),
    async signOut() {
      await page.getByRole('button', { name: 'Sign out' }).click()
      await page.locator('#unauthenticated').waitFor()
    },
    clearCookies: () => profile.clearCookies(),
  }
}

describe('returning to a page after its user has changed', () => {
  it('loads the page again if it was rendered for a user, since its headers forbid to store it', async () => {
    const { leaveFor, clearCookies, comeBack, isKept, seen, text } = await visit('/tasks')
    await leaveFor('/api/me')
    await clearCookies()
    await comeBack()
    await expect.poll(text).toContain('unauthenticated')
    expect(await isKept()).toBe(false)
    expect((await seen()).filter(text => /Ada|Water the ferns/.test(text))).toEqual([])
  })

  it('loads the page again after a sign-out in another page of the app', async () => {
    const { leaveFor, signOut, comeBack, isKept, seen, text } = await visit('/browser-only')
    await leaveFor('/')
    await signOut()
    await comeBack()
    await expect.poll(text).toContain('unauthenticated')
    expect(await isKept()).toBe(false)
    expect((await seen()).filter(text => text.includes('Ada'))).toEqual([])
  })

  it('requests the session at once, and removes the previous user\'s data after the response', async () => {
    const { leaveFor, clearCookies, comeBack, isKept, text } = await visit('/browser-only')
    await leaveFor('/api/me')
    await clearCookies()
    await comeBack()
    expect(await isKept()).toBe(true)
    await expect.poll(text).toContain('unauthenticated')
    expect(await text()).not.toContain('Ada')
  })

  it('shows the page that the browser has kept, with live data, if the user is the same', async () => {
    const { leaveFor, comeBack, isKept, seen } = await visit('/browser-only')
    await leaveFor('/api/me')
    await comeBack()
    expect(await isKept()).toBe(true)
    expect((await seen()).every(text => text.includes('success Ada'))).toBe(true)
  })
})
