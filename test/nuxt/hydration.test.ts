import { describe, expect, inject, it } from 'vitest'
import { api } from '../support/convex/_generated/api.js'
import { useNuxtApp } from './fixture.ts'

const app = useNuxtApp({ deploymentPort: inject('nuxtDeploymentPort') })

describe('a page of a signed-in user in a browser', () => {
  it('becomes live after one round trip with Connect, Authenticate and its queries', async () => {
    const ada = await app.signUp('Ada', ['Water the ferns'])
    const { page, requests, sent } = await app.openWindow(await app.openProfile(ada.cookie), '/tasks')
    await page.locator('#stale', { hasText: 'live' }).waitFor()
    expect(sent.map(types => types.slice(0, 3))).toEqual([['Connect', 'Authenticate', 'ModifyQuerySet']])
    expect(requests.filter(path => !path.includes('/get-session') && !path.includes('/_nuxt'))).toEqual([])

    await app.deployment.mutation(api.tasks.add, { text: 'Read a book' }, { identity: { subject: ada.userId } })
    await page.getByText('Read a book').waitFor()
    expect(await page.locator('#count').textContent()).toContain('2 tasks')
  })

  it('shows the data in every frame, and never a pending state', async () => {
    const ada = await app.signUp('Ada', ['Water the ferns'])
    const profile = await app.openProfile(ada.cookie)
    await profile.addInitScript(() => {
      const seen: string[] = []
      Object.assign(globalThis, { seen })
      const look = (): void => {
        if (document.querySelector('main'))
          seen.push([...document.querySelectorAll('main li, #pending, #status, #unauthenticated')].map(it => it.textContent.trim()).join(' | '))
        requestAnimationFrame(look)
      }
      requestAnimationFrame(look)
    })
    const { page } = await app.openWindow(profile, '/tasks')
    await page.locator('#stale', { hasText: 'live' }).waitFor()
    expect(await page.evaluate(() => [...new Set((globalThis as any).seen)])).toEqual(['authenticated Ada | Water the ferns'])
  })

  it('has no token in its document or payload', async () => {
    const ada = await app.signUp('Ada', ['Water the ferns'])
    const { page } = await app.openWindow(await app.openProfile(ada.cookie), '/tasks')
    await page.locator('#stale', { hasText: 'live' }).waitFor()
    expect(await page.content()).not.toContain('eyJ')
    expect(await page.evaluate(() => JSON.stringify((globalThis as any).useNuxtApp?.().payload) ?? '')).not.toContain('eyJ')
  })

  it('shows the data and the user without JavaScript', async () => {
    const ada = await app.signUp('Ada', ['Water the ferns'])
    const { page } = await app.openWindow(await app.openProfile(ada.cookie, { javaScriptEnabled: false }), '/tasks')
    expect(await page.locator('li').allTextContents()).toEqual([expect.stringContaining('Water the ferns')])
    expect(await page.locator('#status').textContent()).toBe('authenticated Ada')
  })

  it('removes the user\'s data at sign-out, without a reload', async () => {
    const ada = await app.signUp('Ada', ['Water the ferns'])
    const { page } = await app.openWindow(await app.openProfile(ada.cookie), '/tasks')
    await page.locator('#stale', { hasText: 'live' }).waitFor()
    await page.evaluate(() => Object.assign(globalThis, { isSameDocument: true }))
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.locator('#unauthenticated').waitFor()
    expect(await page.locator('li').count()).toBe(0)
    expect(await page.content()).not.toContain('Water the ferns')
    expect(await page.evaluate(() => (globalThis as any).isSameDocument)).toBe(true)
  })

  it('does not show a previous user\'s data after a navigation back', async () => {
    const ada = await app.signUp('Ada', ['Water the ferns'])
    const profile = await app.openProfile(ada.cookie)
    const { page } = await app.openWindow(profile, '/tasks')
    await page.locator('#stale', { hasText: 'live' }).waitFor()
    await page.goto('about:blank')
    await profile.clearCookies()
    await page.goBack()
    await page.locator('#unauthenticated').waitFor()
    expect(await page.content()).not.toContain('Water the ferns')
  })
})

describe('hydration of a rendered page', () => {
  it.each(['/values', '/failing', '/public', '/browser', '/browser-only', '/cached', '/prerendered', '/'])('causes no mismatch: %s', async (path) => {
    const ada = await app.signUp('Ada')
    // Any warning of Vue, and any error, fails the test.
    const { page } = await app.openWindow(await app.openProfile(ada.cookie), path)
    await page.locator('#status', { hasText: 'authenticated Ada' }).waitFor()
    if (path === '/values')
      expect(await page.locator('#values').textContent()).toBe('bigint 9007199254740993 | true 1,2,255 | NaN | true | Infinity')
    if (path === '/failing')
      expect(await page.locator('#error').textContent()).toBe('error ON_DEMAND 3')
    if (path === '/browser')
      await page.getByText(`success ${ada.userId}`).waitFor()
    if (/prerendered|cached|browser-only/.test(path))
      await page.getByText('success Ada').waitFor()
  })

  it('shows the rendered result, and then live results, in a component that is hydrated later', async () => {
    const ada = await app.signUp('Ada', ['Water the ferns'])
    const { page, sent } = await app.openWindow(await app.openProfile(ada.cookie), '/lazy')
    await page.waitForFunction(() => (globalThis as any).useNuxtApp?.()?.isHydrating === false)
    await page.evaluate(() => {
      const seen: string[] = []
      Object.assign(globalThis, { seen })
      const look = (): void => {
        const count = document.querySelector('#count')?.textContent.trim()
        if (count && count !== seen.at(-1))
          seen.push(count)
      }
      look()
      new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true })
    })
    await app.deployment.mutation(api.tasks.add, { text: 'Read a book' }, { identity: { subject: ada.userId } })
    await page.locator('#count').click()
    await page.locator('#count', { hasText: '2 tasks' }).waitFor()
    expect(await page.evaluate(() => (globalThis as any).seen)).toEqual(['1 tasks', '2 tasks'])

    // After the query is unsubscribed, the page subscribes to it again.
    const sentBefore = sent.flat().length
    await page.getByRole('link', { name: 'Home' }).click()
    await expect.poll(() => sent.flat().slice(sentBefore)).toContain('ModifyQuerySet')
    await page.goBack()
    await page.locator('#count', { hasText: '2 tasks' }).waitFor()
    expect((await page.evaluate(() => (globalThis as any).seen as string[])).slice(2)).not.toContain('1 tasks')
  })

  it('removes results that are not used yet when the user signs out', async () => {
    const ada = await app.signUp('Ada', ['Water the ferns'])
    const { page } = await app.openWindow(await app.openProfile(ada.cookie), '/lazy')
    await page.waitForFunction(() => (globalThis as any).useNuxtApp?.()?.isHydrating === false)
    await page.getByRole('link', { name: 'Home' }).click()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.locator('#unauthenticated').waitFor()
    await app.deployment.mutation(api.tasks.add, { text: 'Read a book' }, { identity: { subject: ada.userId } })
    await page.getByRole('link', { name: 'Account' }).click()
    await page.getByLabel('Email').fill(ada.email)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('Account of Ada').waitFor()
    await page.evaluate(() => {
      const seen: string[] = []
      Object.assign(globalThis, { seen })
      new MutationObserver(() => seen.push(document.querySelector('main')?.textContent ?? '')).observe(document.body, { subtree: true, childList: true, characterData: true })
      void (globalThis as any).useNuxtApp().$router.push('/lazy')
    })
    await page.locator('#count', { hasText: '2 tasks' }).waitFor()
    expect((await page.evaluate(() => (globalThis as any).seen as string[])).join()).not.toContain('1 tasks')
  })

  it('requests no token for a page that was rendered anonymously', async () => {
    const { page, requests, sent } = await app.openWindow(await app.openProfile(), '/public')
    await page.locator('#status', { hasText: 'unauthenticated' }).waitFor()
    expect(await page.locator('#mine').textContent()).toBe('anonymous')
    await expect.poll(() => sent.flat()).toContain('ModifyQuerySet')
    expect(requests.filter(path => path.endsWith('/convex/token'))).toEqual([])
    expect(sent.flat()).not.toContain('Authenticate')
  })
})

describe('a tab that was idle for longer than the lifetime of its token', () => {
  it('is rendered as its user after a reload, and only the server requests a token', async () => {
    const ada = await app.signUp('Ada', ['Water the ferns'])
    const profile = await app.openProfile(ada.cookie)
    const { page, requests } = await app.openWindow(profile, '/tasks')
    await page.locator('#stale', { hasText: 'live' }).waitFor()

    // Each response about the session sets the token's cookie: wait until none is pending.
    await page.waitForLoadState('networkidle')
    // On a sleeping computer, no code runs. The token's cookie expires, and the session does not.
    await (await profile.newCDPSession(page)).send('Page.setWebLifecycleState', { state: 'frozen' })
    await app.deployment.advanceClock(20 * 60_000)
    await profile.clearCookies({ name: 'better-auth.convex_jwt' })
    app.takeServerRequests()
    requests.length = 0
    await page.reload()
    await page.getByText('Water the ferns').waitFor()
    await page.locator('#stale', { hasText: 'live' }).waitFor()
    expect(await page.locator('#status').textContent()).toBe('authenticated Ada')
    expect(requests.filter(path => path.endsWith('/convex/token'))).toEqual([])
    expect(app.takeServerRequests().filter(path => path.endsWith('/convex/token'))).toHaveLength(1)
  })
})
