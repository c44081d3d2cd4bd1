import type { Deployment } from '../../src/testing/index.ts'
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { ConvexHttpClient } from 'convex/browser'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FOREIGN_ORIGIN, ORIGIN, signUp } from '../support/live/deployment.ts'
import { api, internal } from './apps/guides-kit/convex/_generated/api.js'
import { AuthBrowser, PASSWORD, providerSignIn } from './auth-browser.ts'
import { startApp } from './start-app.ts'

const ROOT = join(import.meta.dirname, '../..')
const COMMAND = join(dirname(createRequire(import.meta.url).resolve('convex/package.json')), 'bin/main.js')

let deployment: Deployment
beforeAll(async () => {
  deployment = await startApp('guides-kit', { allowedOrigins: [FOREIGN_ORIGIN], env: { JWKS: '' } })
})
afterAll(() => deployment.close())

async function openAccount(email?: string) {
  const session = await signUp(deployment, { email, password: PASSWORD })
  return { session, client: new ConvexHttpClient(deployment.url, { auth: (await session.fetchToken())! }) }
}

/** Runs `npx convex` for the deployment, and returns what it prints. */
async function convex(args: string[], input = ''): Promise<string> {
  const child = spawn(process.execPath, [COMMAND, ...args, '--url', deployment.url, '--admin-key', deployment.adminKey], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, HOME: ROOT, CI: '1', NO_COLOR: '1' },
  })
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', text => void (output.stdout += String(text)))
  child.stderr.on('data', text => void (output.stderr += String(text)))
  child.stdin.end(input)
  expect(await new Promise(resolve => child.on('close', resolve)), output.stderr).toBe(0)
  return output.stdout
}

describe('defineAuthDatabase, with the tables of a server kit', () => {
  it('signs users up, and its triggers write a user name and a profile', async () => {
    const { session } = await openAccount('ada@example.com')
    const { users, profiles } = await deployment.query(internal.users.stored)
    expect(users).toContainEqual(expect.objectContaining({ _id: session.userId, username: 'ada' }))
    expect(profiles).toContainEqual(expect.objectContaining({ userId: session.userId, bio: '' }))
  })

  it('lets a trigger schedule a function, which runs after the sign-up', async () => {
    const { session } = await openAccount()
    await deployment.settled()
    expect((await deployment.query(internal.users.stored)).mails).toContain(session.email)
  })

  it('makes a user an admin if the e-mail address of the user is in convex/.env', async () => {
    const { client } = await openAccount('grace@example.com')
    expect(await client.query(api.users.listForAdmins)).toContain('grace@example.com')
    const other = await openAccount()
    await expect(other.client.query(api.users.listForAdmins)).rejects.toMatchObject({ data: { code: 'FORBIDDEN' } })
  })

  it('starts a sign-in with Google, which returns to the app', async () => {
    const { url } = await new AuthBrowser(deployment.siteUrl).do('sign-in/social', { provider: 'google', callbackURL: '/' })
    const { origin, searchParams } = new URL(url)
    expect([origin, searchParams.get('client_id'), searchParams.get('redirect_uri')])
      .toEqual(['https://accounts.google.com', 'google-id', `${ORIGIN}/api/auth/callback/google`])
  })

  it('signs in the user of another provider, also a second time', async () => {
    const signInAtProvider = async (): Promise<string> => {
      const browser = new AuthBrowser(deployment.siteUrl)
      const { url } = await browser.do(...providerSignIn('/'))
      const query = new URL(url).searchParams
      const [, callback] = new URL(query.get('redirect_uri')!).pathname.split('/api/auth/')
      await browser.visit(`${callback}?${new URLSearchParams({ code: 'code', state: query.get('state')! })}`)
      return (await browser.session()).user.id
    }
    expect(await signInAtProvider()).toBe(await signInAtProvider())
  })

  it('replaces an anonymous user with the user who signs up in the same browser', async () => {
    const browser = new AuthBrowser(deployment.siteUrl)
    const { user: guest } = await browser.do('sign-in/anonymous')
    await browser.do('sign-up/email', { name: 'Ada', email: 'linked@example.com', password: PASSWORD })
    expect(await browser.session()).toMatchObject({ user: { email: 'linked@example.com' } })
    const { users } = await deployment.query(internal.users.stored)
    expect(users.map(({ _id }) => _id)).not.toContain(guest.id)
  })
})

describe('defineAuthFunctions, in place of the helpers of a server kit', () => {
  it('returns null from the `safe…` helpers if there is no user', async () => {
    expect(await new ConvexHttpClient(deployment.url).query(api.users.helpers)).toEqual({ userId: null, sessionId: null, session: null })
    const { session, client } = await openAccount()
    const { userId, sessionId, session: stored } = await client.query(api.users.helpers)
    expect([userId, stored]).toEqual([session.userId, sessionId])
  })

  it('runs auth.api in queries and actions with one getAuth', async () => {
    const { session, client } = await openAccount()
    expect(await client.query(api.users.sessionInQuery)).toBe(session.email)
    await client.action(api.users.changePasswordInAction, { currentPassword: PASSWORD, newPassword: 'another horse battery' })
  })
})

describe('registerAuthRoutes, after the CORS middleware of Hono', () => {
  it('allows requests of pages of the app, and of no other pages', async () => {
    const preflight = (origin: string): Promise<Response> => fetch(`${deployment.siteUrl}/api/auth/get-session`, {
      method: 'OPTIONS',
      headers: { 'origin': origin, 'access-control-request-method': 'GET', 'access-control-request-headers': 'better-auth-cookie' },
    })
    const { status, headers } = await preflight(ORIGIN)
    expect([status, headers.get('access-control-allow-credentials')]).toEqual([204, 'true'])
    expect(headers.get('access-control-allow-headers')).toContain('Better-Auth-Cookie')
    expect((await preflight(FOREIGN_ORIGIN)).headers.get('access-control-allow-origin')).not.toBe(FOREIGN_ORIGIN)
  })
})

describe('npx convex, in place of the command line of a server kit', () => {
  it('prints and rotates static keys, and tokens of the previous key remain valid', async () => {
    const { client } = await openAccount()
    await convex(['env', 'set', 'JWKS'], await convex(['run', 'auth:getLatestJwks']))
    const { session, client: withStaticKeys } = await openAccount()
    await convex(['env', 'set', 'JWKS'], await convex(['run', 'auth:rotateKeys']))
    expect(await client.query(api.users.sessionInQuery)).toBeTruthy()
    expect(await withStaticKeys.query(api.users.sessionInQuery)).toBe(session.email)
    expect(JSON.parse(await convex(['env', 'get', 'JWKS']))).toHaveLength(2)
  })

  it('sets the variables of a file', async () => {
    await deployment.setEnv('GOOGLE_CLIENT_ID', null)
    await convex(['env', 'set', '--from-file', join(import.meta.dirname, 'apps/guides-kit/convex/.env')])
    expect(await convex(['env', 'get', 'GOOGLE_CLIENT_ID'])).toBe('google-id\n')
  })
})
