import { describe, expect, it } from 'vitest'
import { api } from '../support/convex/_generated/api.js'
import { textOf, useNuxtApp } from './fixture.ts'

const app = useNuxtApp()

/** Adds three items to the shared list, once. */
async function fillSharedList(): Promise<void> {
  const items = await app.deployment.query(api.items.all, { list: 'shared' }) as unknown[]
  if (items.length === 0)
    await app.deployment.mutation(api.items.change, { list: 'shared', insert: [1, 2, 3] })
}

describe('useConvexPaginatedQuery in Nuxt', () => {
  it('renders the first page as the user of the request, or anonymously', async () => {
    await fillSharedList()
    const ada = await app.signUp('Ada', ['one', 'two', 'three'])
    const authorized: (string | null)[] = []
    app.intercept(({ url, headers }) => void (url.endsWith('/api/query') && authorized.push(headers.get('authorization')?.slice(0, 6) ?? null)))
    const { html } = await app.get('/lists', ada.cookie)
    expect(textOf(html, 'shared')).toBe('CanLoadMore item 1,item 2')
    expect(textOf(html, 'own')).toBe('CanLoadMore one,two')
    expect(authorized).toEqual([null, 'Bearer'])
  })

  it('does not run on the server with `ssr: false`, or without the user that it requires', async () => {
    await fillSharedList()
    app.takeServerRequests()
    const { html } = await app.get('/lists')
    expect(textOf(html, 'skipped')).toBe('LoadingFirstPage')
    expect(textOf(html, 'own')).toBe('Paused')
    expect(app.takeServerRequests()).toEqual(['POST /api/query'])
  })

  it('becomes live without a flicker or another request, and loads further pages', async () => {
    await fillSharedList()
    const ada = await app.signUp('Ada', ['one', 'two', 'three'])
    const profile = await app.openProfile(ada.cookie)
    await profile.addInitScript(() => {
      const seen: string[] = []
      Object.assign(globalThis, { seen })
      const look = (): void => {
        if (document.querySelector('main'))
          seen.push([...document.querySelectorAll('#shared, #own')].map(it => it.textContent.trim()).join(' | '))
        requestAnimationFrame(look)
      }
      requestAnimationFrame(look)
    })
    const { page, requests } = await app.openWindow(profile, '/lists')
    await page.locator('#stale', { hasText: 'live' }).waitFor()
    await page.locator('#skipped', { hasText: 'CanLoadMore' }).waitFor()
    expect(await page.evaluate(() => [...new Set((globalThis as any).seen)])).toEqual(['CanLoadMore item 1,item 2 | CanLoadMore one,two'])
    expect(requests.filter(path => !path.includes('/get-session'))).toEqual([])

    await page.getByRole('button', { name: 'More items' }).click()
    await page.getByRole('button', { name: 'More tasks' }).click()
    await page.getByText('Exhausted item 1,item 2,item 3').waitFor()
    await page.getByText('Exhausted one,two,three').waitFor()
    await app.deployment.mutation(api.tasks.add, { text: 'four' }, { identity: { subject: ada.userId } })
    await page.getByText('Exhausted one,two,three,four').waitFor()
  })

  it('loads another page if loadMore is called before the rendered page is live', async () => {
    const ada = await app.signUp('Ada', ['one', 'two', 'three'])
    const profile = await app.openProfile(ada.cookie)
    let connect: (() => void) | undefined
    // The socket opens only after the button was pressed.
    await profile.routeWebSocket(/sync/, (socket) => {
      const held: Parameters<Parameters<typeof socket.onMessage>[0]>[0][] = []
      let server: ReturnType<typeof socket.connectToServer> | undefined
      socket.onMessage(message => server ? server.send(message) : void held.push(message))
      const former = connect
      connect = () => {
        former?.()
        server = socket.connectToServer()
        held.forEach(message => server!.send(message))
      }
    })
    const { page } = await app.openWindow(profile, '/lists')
    await expect.poll(() => connect).toBeDefined()
    await page.waitForFunction(() => (globalThis as any).useNuxtApp?.()?.isHydrating === false)
    await page.getByRole('button', { name: 'More tasks' }).click()
    await page.locator('#own', { hasText: 'LoadingMore one,two' }).waitFor()
    connect!()
    await page.getByText('Exhausted one,two,three').waitFor()
  })
})
