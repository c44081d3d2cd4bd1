import type { Deployment } from '../../src/testing/index.ts'
import type { Session } from '../support/live/deployment.ts'
import { join } from 'node:path'
import { ConvexHttpClient } from 'convex/browser'
import { ConvexError } from 'convex/values'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDeployment } from '../../src/testing/index.ts'
import { ORIGIN, signIn, signUp } from '../support/live/deployment.ts'
import { api } from './apps/functions-component/convex/_generated/api.js'

const PASSWORD = 'correct horse battery'
const WRONG = { currentPassword: 'wrong password', newPassword: 'another horse battery' }

let deployment: Deployment
let ada: Session
let client: ConvexHttpClient
beforeAll(async () => {
  deployment = await startDeployment({
    functions: join(import.meta.dirname, 'apps/functions-component/convex'),
    siteUrl: ORIGIN,
    errors: 'production',
  })
  ada = await signUp(deployment)
  client = new ConvexHttpClient(deployment.url, { auth: (await ada.fetchToken())! })
})
afterAll(() => deployment.close())

const anonymous = (): ConvexHttpClient => new ConvexHttpClient(deployment.url)

async function errorOf(call: Promise<unknown>): Promise<unknown> {
  const error = await call.then(() => 'no error', error => error)
  return error instanceof ConvexError ? error.data : error
}

describe('getAuth', () => {
  it('calls Better Auth as the user in a query, with the user agent of the session', async () => {
    expect(await client.query(api.account.session)).toEqual({ email: ada.email, userAgent: expect.any(String) })
    expect(await anonymous().query(api.account.session)).toBeNull()
  })

  it('changes the password in a mutation', async () => {
    const user = await signUp(deployment)
    const client = new ConvexHttpClient(deployment.url, { auth: (await user.fetchToken())! })
    await client.mutation(api.account.changePassword, { currentPassword: PASSWORD, newPassword: 'another horse battery' })
    await expect(signIn(deployment, { email: user.email })).rejects.toThrow('INVALID_EMAIL_OR_PASSWORD')
    expect((await signIn(deployment, { email: user.email, password: 'another horse battery' })).userId).toBe(user.userId)
  })

  it('shows the message of Better Auth to the user in production', async () => {
    expect(await errorOf(client.mutation(api.account.changePassword, WRONG)))
      .toEqual({ code: 'INVALID_PASSWORD', message: 'Invalid password', status: 400 })
    expect(await errorOf(client.mutation(api.account.signIn, { email: ada.email, password: 'wrong password' })))
      .toEqual({ code: 'INVALID_EMAIL_OR_PASSWORD', message: 'Invalid email or password', status: 401 })
  })

  it('throws UNAUTHENTICATED where Better Auth requires a session', async () => {
    expect(await errorOf(anonymous().mutation(api.account.changePassword, WRONG))).toMatchObject({ code: 'UNAUTHENTICATED', status: 401 })
  })

  it('keeps the code with which Better Auth refuses a user', async () => {
    expect(await errorOf(client.query(api.account.listUsers))).toMatchObject({ code: 'YOU_ARE_NOT_ALLOWED_TO_LIST_USERS', status: 403 })
  })

  it('reports the fields that Better Auth refuses', async () => {
    expect(await errorOf(client.mutation(api.account.signIn, { email: 'not an address', password: PASSWORD })))
      .toMatchObject({ code: expect.any(String), message: expect.any(String), status: 400 })
  })
})

describe('wrapAuthApi', () => {
  it('wraps the API of the component\'s own functions, in an action', async () => {
    expect(await errorOf(client.action(api.account.changePasswordInAction, WRONG)))
      .toEqual({ code: 'INVALID_PASSWORD', message: 'Invalid password', status: 400 })
  })

  it('does not reveal errors that are not of Better Auth', async () => {
    const error = await errorOf(client.mutation(api.account.bug))
    expect(error).toBeInstanceOf(Error)
    expect((error as Error).message).not.toContain('a bug')
  })
})
