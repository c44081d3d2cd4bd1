import type { Deployment } from '../../src/testing/index.ts'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { api } from '../../playground/convex/_generated/api.js'
import { startDeployment } from '../../src/testing/index.ts'
import { person, taskRow, usePlayground } from '../support/browser/playground.ts'
import { startPlayground } from '../support/browser/start-playground.ts'
import { freePort } from '../support/live/free-port.ts'
import { SlowNetwork } from '../support/live/slow-network.ts'

const functions = fileURLToPath(new URL('../../playground/convex', import.meta.url))

/** The Better Auth client sends this request after a timer, and no other request waits for it. */
const session = 'GET /api/auth/get-session'

/** The delay is much longer than the page needs to send its next requests after a response. */
const network = new SlowNetwork(200, [session])
let deployment: Deployment

const fixture = usePlayground(async () => {
  const port = await freePort()
  deployment = await startDeployment({ functions, siteUrl: `http://localhost:${port}` })
  const [url, siteUrl] = await Promise.all([deployment.url, deployment.siteUrl].map(target => network.open(() => ({ target, isSlow: true }))))
  return await startPlayground({ port, addresses: { url: url!, siteUrl: siteUrl! } })
})

afterAll(async () => {
  await network.close()
  await deployment?.close()
})

describe('a page load with a session over a slow network', () => {
  it('shows the data one round trip after the handshake, with one token and one Authenticate', async () => {
    const profile = await fixture.openProfile()
    const subject = await fixture.signUp(profile, person('Ada'))
    await deployment.mutation(api.tasks.add, { text: 'Water the ferns' }, { identity: { subject } })
    const first = await fixture.openWindow(profile, '/tasks')
    await taskRow(first.page, 'Water the ferns').waitFor()
    await first.page.close()

    const { log } = network
    log.clear()
    const { page } = await fixture.openWindow(profile, '/tasks')
    await taskRow(page, 'Water the ferns').waitFor()
    // The page sends the first two requests at once, so their order does not matter.
    const flights = (): string[][] => log.names().map((names, flight) => flight === 0 ? names.toSorted() : names)
    const expected = [['GET /api/auth/convex/token', 'socket'], ['Connect', 'Authenticate', 'ModifyQuerySet']]
    expect(flights().slice(0, 2)).toEqual(expected)
    expect(log.find('Water the ferns')?.flight).toBe(2)
    // When the second task arrives, the page has sent every request that follows the first result.
    await deployment.mutation(api.tasks.add, { text: 'Read a book' }, { identity: { subject } })
    await taskRow(page, 'Read a book').waitFor()
    expect(flights()).toEqual(expected)
    expect(log.count(session)).toBe(1)
  })
})
