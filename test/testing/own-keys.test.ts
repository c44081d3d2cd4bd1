import type { Deployment } from '../../src/testing/index.ts'
import type { Session } from '../support/live/deployment.ts'
import { cp } from 'node:fs/promises'
import { ConvexClient } from 'convex/browser'
import { anyApi } from 'convex/server'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { api } from '../support/convex/_generated/api.js'
import { eventually } from '../support/environment/eventually.ts'
import { FUNCTIONS, signUp, startFixture } from '../support/live/deployment.ts'
import { createFolder, removeFolder, writeFunctions } from './functions-folder.ts'

let deployment: Deployment
let folder: string
/** The functions that the tests share, on a deployment that cannot send any request. */
beforeAll(async () => {
  folder = await createFolder()
  await cp(FUNCTIONS, folder, { recursive: true })
  await writeFunctions(folder, {
    'network.ts': 'globalThis.fetch = async () => { throw new TypeError("fetch failed") }',
    'keys.ts': `
      import { internalActionGeneric } from 'convex/server'
      import { createAuth } from './auth'
      export const rotate = internalActionGeneric(async ctx => { await createAuth(ctx as any).api.rotateKeys() })`,
  })
  deployment = await startFixture({ functions: folder, env: { JWT_SECONDS: '900', PLAIN_PASSWORDS: 'yes' } })
})
afterAll(async () => {
  await deployment.close()
  await removeFolder(folder)
})

/** The official client of a user, with the authentication states that it reports. */
async function connect(session: Session) {
  const client = new ConvexClient(deployment.url, { unsavedChangesWarning: false, logger: false })
  onTestFinished(() => client.close())
  const reports: boolean[] = []
  // As in an app, a request that fails because of a restart is not a sign-out.
  let token: string | null = null
  const fetchToken = async (): Promise<string | null> => token = await session.fetchToken().catch(() => token)
  client.setAuth(fetchToken, isAuthenticated => reports.push(isAuthenticated))
  // The client may report a state twice: for its first token, and for the next one.
  await eventually(() => reports).toContain(true)
  const whoami = async (): Promise<string | undefined> => (await client.query(api.users.whoami, {}))?.subject
  expect(await whoami()).toBe(session.userId)
  return { client, reports, whoami }
}

const KEYS = 'GET /api/auth/convex/jwks'

describe('the official client on an embedded deployment', () => {
  it('remains signed in when the clock passes the time for which keys are cached', async () => {
    const session = await signUp(deployment)
    const { client, reports, whoami } = await connect(session)
    for (let round = 1; round <= 3; round++) {
      await deployment.advanceClock(16 * 60_000)
      await client.mutation(api.tasks.add, { text: 'written after the token has expired' })
      expect(await whoami()).toBe(session.userId)
    }
    expect(reports).not.toContain(false)
    await deployment.settled()
    expect(deployment.log.filter(({ name }) => name === KEYS).length).toBeGreaterThan(1)
  })

  it('is signed in at once after a restart', async () => {
    const session = await signUp(deployment)
    const { reports, whoami } = await connect(session)
    // The token is still valid; the keys that verified it are too old.
    await deployment.advanceClock(11 * 60_000)
    await deployment.restart()
    expect(await whoami()).toBe(session.userId)
    expect(reports).not.toContain(false)
  })

  it('remains signed in when the keys rotate, and after a reload', async () => {
    const session = await signUp(deployment)
    const { client, reports, whoami } = await connect(session)
    await deployment.action(anyApi.keys!.rotate! as any)
    await deployment.disconnectAll()
    expect(await whoami()).toBe(session.userId)
    await deployment.reload()
    await deployment.disconnectAll()
    await client.mutation(api.tasks.add, { text: 'written with the new key' })
    expect(await whoami()).toBe(session.userId)
    expect(reports).not.toContain(false)
  })
})
