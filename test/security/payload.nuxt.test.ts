import { describe, expect, it } from 'vitest'
import { useNuxtApp } from '../nuxt/fixture.ts'

const app = useNuxtApp()

const PWN = 'globalThis.isPwned=true'

/** Texts of an attacker. */
const hostile = [
  `</script><script>${PWN}</script>`,
  `</ScRiPt ><svg onload=${PWN}>`,
  `<!--<script>${PWN}`,
  `-->${PWN}<!--`,
  `]]><script>${PWN}</script>`,
  `"><img src=x onerror=${PWN}>`,
  `\u2028${PWN}\u2029`,
  `\\u003c/script>\\";${PWN}//`,
  `{{constructor.constructor("${PWN}")()}}`,
  '__proto__',
]

describe('a page of a Nuxt app with hostile text in its data', () => {
  it('shows it only as text: in the rendered HTML, in the payload and after hydration', async () => {
    const ada = await app.signUp('Ada', hostile)
    const name = `</script><script>${PWN}</script>`
    const renamed = await fetch(`${app.url}/api/auth/update-user`, {
      method: 'POST',
      headers: { 'cookie': ada.cookie, 'origin': app.url, 'content-type': 'application/json' },
      body: JSON.stringify({ name }),
    })
    expect(renamed.status).toBe(200)
    // The token has the previous name.
    ada.cookies.delete('better-auth.convex_jwt')

    const { html } = await app.get('/tasks', ada.cookie)
    const harmless = await app.get('/tasks', (await app.signUp('Bob', ['Water the ferns'])).cookie)
    const endsOfScripts = (text: string): number => text.split(/<\/script/i).length
    expect(endsOfScripts(html)).toBe(endsOfScripts(harmless.html))
    expect(html.split('<script').length).toBe(harmless.html.split('<script').length)
    expect(html).not.toContain('<img src=x')

    const { page } = await app.openWindow(await app.openProfile(ada.cookie), '/tasks')
    await page.locator('#stale', { hasText: 'live' }).waitFor()
    expect((await page.locator('li').allTextContents()).map(text => text.replace(/\s+$/, ''))).toEqual(hostile.map(text => expect.stringContaining(text.trim())))
    expect(await page.locator('#status').textContent()).toContain(name)
    expect(await page.evaluate(() => [(globalThis as any).isPwned, ({} as any).isPwned, document.images.length])).toEqual([undefined, undefined, 0])
  })
})
