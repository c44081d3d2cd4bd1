import type { Deployment } from '../../src/testing/index.ts'
import { join } from 'node:path'
import { ConvexHttpClient } from 'convex/browser'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDeployment } from '../../src/testing/index.ts'
import { ORIGIN, signUp } from '../support/live/deployment.ts'
import { api } from './apps/whole-local-install/convex/_generated/api.js'

const PASSWORD = 'correct horse battery'
const NEW_PASSWORD = 'another horse battery'

let deployment: Deployment
beforeAll(async () => {
  deployment = await startDeployment({
    functions: join(import.meta.dirname, 'apps/whole-local-install/convex'),
    siteUrl: ORIGIN,
    errors: 'production',
  })
})
afterAll(() => deployment.close())

/** Signs a user up by HTTP. The client has the user's token. */
async function openAccount() {
  const user = await signUp(deployment, { password: PASSWORD })
  return { user, client: new ConvexHttpClient(deployment.url, { auth: (await user.fetchToken())! }) }
}

describe('an app with all parts of convue/convex', () => {
  it('signs a user up, and runs queries, mutations and actions as this user', async () => {
    const { user, client } = await openAccount()
    expect(await client.query(api.account.current)).toBe(user.email)
    expect(await client.action(api.account.currentInAction)).toBe(user.email)
    expect(await client.action(api.account.currentOfContext)).toBe(user.email)
    expect(await client.query(api.account.sessionOfBetterAuth)).toBe(user.email)
    const other = await openAccount()
    await client.mutation(api.account.addNote, { text: `by ${user.email}` })
    expect(await client.query(api.account.notes)).toContainEqual({ text: `by ${user.email}`, isOwn: true })
    expect(await other.client.query(api.account.notes)).toContainEqual({ text: `by ${user.email}`, isOwn: false })
  })

  it.each(['changePassword', 'changePasswordInAction'] as const)('shows why Better Auth refuses a wrong password, and changes a right one: %s', async (name) => {
    const { client } = await openAccount()
    const change = (currentPassword: string): Promise<unknown> => {
      const args = { currentPassword, newPassword: NEW_PASSWORD }
      return name === 'changePassword' ? client.mutation(api.account[name], args) : client.action(api.account[name], args)
    }
    await expect(change('wrong password')).rejects.toMatchObject({ data: { code: 'INVALID_PASSWORD', message: 'Invalid password', status: 400 } })
    await change(PASSWORD)
    await expect(change(PASSWORD)).rejects.toMatchObject({ data: { code: 'INVALID_PASSWORD' } })
  })

  it('refuses an anonymous caller with UNAUTHENTICATED', async () => {
    const client = new ConvexHttpClient(deployment.url)
    await expect(client.query(api.account.current)).rejects.toMatchObject({ data: { code: 'UNAUTHENTICATED' } })
  })
})
