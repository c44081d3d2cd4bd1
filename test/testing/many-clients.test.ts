import { ConvexClient } from 'convex/browser'
import { expect, it, onTestFinished } from 'vitest'
import { api } from '../support/convex/_generated/api.js'
import { eventually } from '../support/environment/eventually.ts'
import { createToken, startFixture } from '../support/live/deployment.ts'

const CLIENTS = 500

it('startDeployment serves 500 clients, each with its own user, queries and mutation', async () => {
  const deployment = await startFixture()
  onTestFinished(() => deployment.close())
  const shown = Array.from({ length: CLIENTS }, () => ({ shared: 0, own: 0, subject: null as string | null }))
  const clients = await Promise.all(shown.map(async (seen, index) => {
    const token = await createToken(`person ${index}`)
    const client = new ConvexClient(deployment.url, { unsavedChangesWarning: false, logger: false, initialAuthTokenReuse: true })
    client.setAuth(async () => token)
    client.onUpdate(api.counters.get, { name: 'shared' }, value => seen.shared = value)
    client.onUpdate(api.counters.get, { name: `own ${index}` }, value => seen.own = value)
    client.onUpdate(api.users.whoami, {}, me => seen.subject = me?.subject ?? null)
    return client
  }))
  await eventually(() => shown.filter(({ subject }, index) => subject === `person ${index}`).length).toBe(CLIENTS)
  expect(deployment.connections).toHaveLength(CLIENTS)

  expect(await Promise.all(clients.map((client, index) => client.mutation(api.counters.increment, { name: `own ${index}` })))).toEqual(Array.from({ length: CLIENTS }).fill(1))
  await clients[0]!.mutation(api.counters.increment, { name: 'shared' })
  await eventually(() => shown.every(({ shared, own }) => shared === 1 && own === 1)).toBe(true)

  // All clients reconnect at once.
  await deployment.restart()
  await deployment.mutation(api.counters.increment, { name: 'shared' })
  await eventually(() => shown.every(({ shared }) => shared === 2)).toBe(true)
  await Promise.all(clients.map(client => client.close()))
  await deployment.settled()
  await eventually(() => deployment.connections.length).toBe(0)
})
