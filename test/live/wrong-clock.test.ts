import type { Deployment } from '../../src/testing/index.ts'
import { useAuthedQuery } from 'convue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { api } from '../support/convex/_generated/api.js'
import { createToken, startFixture } from '../support/deployment.ts'
import { eventually } from '../support/eventually.ts'
import { recordTicks } from '../support/identity.ts'
import { becomePage, LivePage, LiveSource } from '../support/live-page.ts'

// The Convex client reads the clock when its module first needs it: hence a file of its own.
const DAY = 86_400_000
const realNow = (): number => performance.timeOrigin + performance.now()

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

describe('a renewal on a computer whose clock is a day ahead', () => {
  it('comes before the token expires: neither at once nor too late, and the page shows nothing of it', async () => {
    vi.spyOn(Date, 'now').mockImplementation(() => Math.round(realNow() + DAY))
    const source = new LiveSource()
    source.signIn('ada')
    source.answer = async () => ({ kind: 'token', token: await createToken('ada', { expiresIn: 6, now: realNow() }) })
    page = new LivePage(deployment, { tokenSource: source, clientOptions: { authRefreshTokenLeewaySeconds: 3 } })
    const tasks = page.run(() => useAuthedQuery(api.tasks.list))
    await eventually(() => tasks.data.value).toEqual([])
    const authenticatedAt = realNow()
    const { status, error } = page.convex.auth
    const ticks = recordTicks(() => [status.value, error.value, tasks.isStale.value])
    expect(source.requests).toHaveLength(1)
    await eventually(() => source.requests.length).toBe(2)
    const waited = realNow() - authenticatedAt
    expect(waited).toBeGreaterThan(1000)
    expect(waited).toBeLessThan(6000)
    const authentications = (): number => deployment.log.filter(({ kind, name }) => kind === 'socket' && name === 'authenticate').length
    await eventually(authentications).toBe(2)
    expect(ticks).toHaveLength(1)
    expect(deployment.log.filter(({ kind, name }) => kind === 'socket' && name === 'open')).toHaveLength(1)
  })
})
