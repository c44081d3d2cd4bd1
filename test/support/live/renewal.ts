/** The test that tokens are renewed in time, for pages with changed clocks. */
import type { Deployment } from '../../../src/testing/index.ts'
import { useAuthedQuery } from 'convue'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { api } from '../convex/_generated/api.js'
import { eventually } from '../environment/eventually.ts'
import { recordTicks } from '../scripted/identity.ts'
import { createToken, startFixture } from './deployment.ts'
import { becomePage, LivePage, LiveSource } from './live-page.ts'
import { LIFETIME_SECONDS, RENEWAL_MS, usePageTime } from './page-time.ts'

/** The two clocks of a page, before a test has changed them. */
export interface PageClocks {
  /** As `Date.now()`. */
  now: () => number
  /** As `performance.now()`. */
  age: () => number
}

/**
 * Tests that a token is renewed before it expires on a page whose clocks `changeClocks` has
 * changed. Each test needs a file of its own, since the Convex client remembers the time at which
 * it first read the clock.
 */
export function itRenewsInTime(changeClocks: (clocks: PageClocks) => void): void {
  let deployment: Deployment
  let page: LivePage | undefined
  beforeEach(async () => {
    becomePage()
    deployment = await startFixture()
  })
  afterEach(async () => {
    await page?.close()
    await deployment.close()
    vi.restoreAllMocks()
    vi.unstubAllGlobals()
  })
  const time = usePageTime(() => deployment)

  it('renews a token before it expires, neither at once nor too late, and without a visible change', async () => {
    const clocks: PageClocks = { now: Date.now.bind(Date), age: performance.now.bind(performance) }
    changeClocks(clocks)
    const source = new LiveSource()
    source.signIn('ada')
    source.answer = async () => ({ kind: 'token', token: await createToken('ada', { expiresIn: LIFETIME_SECONDS, now: clocks.now() }) })
    page = new LivePage(deployment, { tokenSource: source, clientOptions: { authRefreshTokenLeewaySeconds: 3 } })
    const tasks = page.run(() => useAuthedQuery(api.tasks.list))
    await eventually(() => tasks.data.value).toEqual([])
    const { status, error } = page.convex.auth
    const ticks = recordTicks(() => [status.value, error.value, tasks.isStale.value])
    await time.elapse(RENEWAL_MS / 2)
    await deployment.settled()
    expect(source.requests).toHaveLength(1)
    await time.elapse(RENEWAL_MS / 2)
    expect(source.requests).toHaveLength(2)
    const events = (name: string): number => deployment.log.filter(entry => entry.kind === 'socket' && entry.name === name).length
    await eventually(() => events('authenticate')).toBe(2)
    await deployment.settled()
    // If the token had expired, the deployment would have rejected it, and the page would have
    // shown another state on another socket.
    expect(ticks).toHaveLength(1)
    expect(events('open')).toBe(1)
  })
}
