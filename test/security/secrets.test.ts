// @vitest-environment node
import type { BrowserContext } from 'playwright-core'
import type { Window } from '../support/browser/playground.ts'
import { describe, expect, it } from 'vitest'
import { api } from '../../playground/convex/_generated/api.js'
import { person, signIn, taskRow, usePlayground } from '../support/browser/playground.ts'
import { eventually } from '../support/environment/eventually.ts'

const fixture = usePlayground()

/** All output of a page, and all secrets that it must not contain. */
interface Watch {
  traces: string[]
  secrets: Set<string>
}

/** Records what the pages of a browser profile log, request and store. */
async function watchProfile(profile: BrowserContext): Promise<Watch> {
  const watch: Watch = { traces: [], secrets: new Set() }
  const { traces, secrets } = watch
  await profile.addInitScript(() => {
    const said: string[] = []
    Object.assign(globalThis, { said })
    const { postMessage } = BroadcastChannel.prototype
    BroadcastChannel.prototype.postMessage = function (data) {
      said.push(JSON.stringify(data))
      postMessage.call(this, data)
    }
    const { setItem } = Storage.prototype
    Storage.prototype.setItem = function (key, value) {
      said.push(`${key}=${value}`)
      setItem.call(this, key, value)
    }
  })
  profile.on('request', request => traces.push(request.url(), request.headers().referer ?? ''))
  profile.on('console', message => traces.push(message.text()))
  profile.on('weberror', error => traces.push(String(error.error().stack)))
  profile.on('page', page => page.on('websocket', (socket) => {
    traces.push(socket.url())
    socket.on('framesent', ({ payload }) => {
      const { type, value } = JSON.parse(String(payload))
      if (type === 'Authenticate' && value)
        secrets.add(value)
    })
  }))
  return watch
}

/** Reads every place of a page that other code could read. */
async function inspect({ page }: Window, { traces, secrets }: Watch): Promise<void> {
  traces.push(page.url(), await page.content(), await page.evaluate(async () => JSON.stringify([
    { ...localStorage },
    { ...sessionStorage },
    await indexedDB.databases(),
    await caches.keys(),
    document.cookie,
    (globalThis as any).name,
    history.state,
    document.title,
    performance.getEntries().map(entry => entry.name),
    (globalThis as any).said,
  ])))
  for (const { name, value } of await page.context().cookies()) {
    if (/session_token|convex_jwt/.test(name))
      secrets.add(decodeURIComponent(value))
  }
}

describe('createConvex › tokens and session secrets', () => {
  it('exist only in the page\'s memory, its cookies and its requests', async () => {
    const ada = person('Ada')
    const profile = await fixture.openProfile()
    const userId = await fixture.signUp(profile, ada)
    await fixture.playground.deployment!.mutation(api.tasks.add, { text: 'Water the ferns' }, { identity: { subject: userId } })
    await profile.clearCookies()
    const watch = await watchProfile(profile)

    const window = await fixture.openWindow(profile, '/sign-in?redirect=%2Ftasks')
    const { page, expectProblem, received } = window
    await signIn(page, ada)
    await taskRow(page, 'Water the ferns').waitFor()
    await inspect(window, watch)
    await page.reload()
    await taskRow(page, 'Water the ferns').waitFor()
    await inspect(window, watch)

    const known = watch.secrets.size
    // First the endpoint fails, then the deployment rejects an expired token.
    expectProblem(/status of 500|WebSocket|\[CONVEX/)
    await profile.route('**/api/auth/convex/token', route => route.fulfill({ status: 500, json: { message: 'Internal' } }), { times: 1 })
    fixture.playground.deployment!.advanceClock(20 * 60_000)
    fixture.playground.deployment!.disconnectAll()
    await eventually(() => received).toContain('AuthError')
    await eventually(() => watch.secrets.size).toBeGreaterThan(known)
    await page.getByText('authenticated as Ada').waitFor()
    await inspect(window, watch)

    await page.goto('/account')
    await page.getByText(ada.email).waitFor()
    await inspect(window, watch)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByText('unauthenticated').waitFor()
    await inspect(window, watch)

    expect(watch.traces.join('\n')).toContain('convue:')
    for (const secret of watch.secrets) {
      // The middle part of a JWT identifies the user; the first part of a session cookie is its
      // secret.
      for (const part of secret.split('.').filter(part => part.length >= 20 && !part.startsWith('eyJhbGci')))
        expect(watch.traces.filter(trace => trace.includes(part))).toEqual([])
    }
  })
})
