import type { Deployment } from '../../src/testing/index.ts'
import { ConvexClient } from 'convex/browser'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { api } from '../support/convex/_generated/api.js'
import { eventually } from '../support/environment/eventually.ts'
import { createToken, signUp, startFixture } from '../support/live/deployment.ts'

let deployment: Deployment
beforeAll(async () => {
  deployment = await startFixture()
})
afterAll(() => deployment.close())

describe('a user who signs up', () => {
  it('receives a token with which a client runs live queries and mutations as this user', async () => {
    const session = await signUp(deployment, { name: 'Ada' })
    const client = new ConvexClient(deployment.url, { unsavedChangesWarning: false })
    client.setAuth(session.fetchToken)
    const tasks: string[][] = []
    client.onUpdate(api.tasks.list, {}, list => tasks.push(list.map(({ text }) => text)))
    await eventually(() => tasks).toEqual([[]])
    await client.mutation(api.tasks.add, { text: 'write it down' })
    expect(tasks.at(-1)).toEqual(['write it down'])
    expect(await client.query(api.users.current, {})).toEqual({ id: session.userId, email: session.email, name: 'Ada' })
    await client.close()
  })
})

describe('a token of another issuer', () => {
  it('authenticates a client as the subject that the test has chosen', async () => {
    const client = new ConvexClient(deployment.url, { unsavedChangesWarning: false })
    client.setAuth(() => createToken('a-user', {
      claims: { name: 'A User' },
    }))
    await eventually(async () => await client.query(api.users.whoami, {})).toMatchObject({ subject: 'a-user', name: 'A User' })
    await client.close()
  })
})
