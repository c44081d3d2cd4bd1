import type { BrowserFetch } from '../../src/testing/browser-fetch.ts'
import type { Deployment } from '../../src/testing/index.ts'
import { createHmac } from 'node:crypto'
import { ConvexHttpClient } from 'convex/browser'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createBrowserFetch, ORIGIN } from '../support/live/deployment.ts'
import { startApp } from './app.ts'
import { api, internal } from './apps/better-auth/convex/_generated/api.js'
import { Authenticator } from './authenticator.ts'

const PASSWORD = 'correct horse battery'

let deployment: Deployment
beforeAll(async () => {
  deployment = await startApp('better-auth', { siteUrl: ORIGIN })
})
afterAll(() => deployment.close())

interface Answer {
  status: number
  body: any
  headers: Headers
}

/** A browser that keeps its cookies. */
class Browser {
  readonly #fetch: BrowserFetch = createBrowserFetch()

  async get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return await this.#send(path, { headers })
  }

  async post(path: string, body: object = {}, headers: Record<string, string> = {}): Promise<Answer> {
    return await this.#send(path, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })
  }

  /** Sends a POST request. Throws unless it succeeds. */
  async do(path: string, body: object = {}): Promise<any> {
    const answer = await this.post(path, body)
    if (answer.status !== 200)
      throw new Error(`${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`)
    return answer.body
  }

  /** Requests the user of the session. */
  async user(): Promise<any> {
    return (await this.get('get-session')).body?.user ?? null
  }

  /** Returns a client of the deployment that has the token of the session. */
  async client(): Promise<ConvexHttpClient> {
    return new ConvexHttpClient(deployment.url, { auth: (await this.get('convex/token')).body.token })
  }

  async #send(path: string, init: RequestInit): Promise<Answer> {
    const response = await this.#fetch(`${deployment.siteUrl}/api/auth/${path}`, { ...init, redirect: 'manual' })
    const text = await response.text()
    return { status: response.status, body: text && JSON.parse(text), headers: response.headers }
  }
}

let clockAheadMs = 0

async function advanceClock(ms: number): Promise<void> {
  clockAheadMs += ms
  await deployment.advanceClock(ms)
}

let users = 0

/** Opens a browser, and signs a new user up in it. */
async function signUp(more: object = {}): Promise<{ browser: Browser, email: string, id: string }> {
  const browser = new Browser()
  const email = `user${++users}@example.com`
  const { user } = await browser.do('sign-up/email', { email, password: PASSWORD, name: `User ${users}`, ...more })
  return { browser, email, id: user.id }
}

async function lastSecret(to: string): Promise<string> {
  const secret = await deployment.query(internal.users.lastSecret, { to })
  if (secret === null)
    throw new Error(`Nothing was sent to ${to}`)
  return secret
}

/** The code that an authenticator app shows, computed from the secret in the URI. */
function totp(uri: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const bits = [...new URL(uri).searchParams.get('secret')!].map(letter => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('')
  const key = Uint8Array.from(bits.match(/.{8}/g)!, byte => Number.parseInt(byte, 2))
  const counter = new DataView(new ArrayBuffer(8))
  counter.setBigUint64(0, BigInt(Math.floor((Date.now() + clockAheadMs) / 30_000)))
  const hash = createHmac('sha1', key).update(counter).digest()
  const code = hash.readUInt32BE(hash.at(-1)! & 0x0F) & 0x7FFFFFFF
  return String(code % 1_000_000).padStart(6, '0')
}

describe('better Auth', () => {
  it('signs a user up, issues a token that a query accepts, and has an API for functions', async () => {
    const { browser } = await signUp()
    const client = await browser.client()
    expect(await client.query(api.users.me)).toBe(`User ${users}`)
    await client.mutation(api.users.rename, { name: 'Renamed' })
    expect(await client.query(api.users.me)).toBe('Renamed')
    expect((await browser.user()).name).toBe('Renamed')
    await browser.do('sign-out')
    expect(await client.query(api.users.me)).toBeNull()
  })

  it('admin: bans and impersonates users', async () => {
    const [root, user] = [await signUp(), await signUp()]
    expect((await root.browser.get('admin/list-users')).status).toBe(403)
    await deployment.mutation(internal.users.makeAdmin, { email: root.email })
    const { users, total } = (await root.browser.get('admin/list-users?limit=100')).body
    expect(users.map(({ email }: { email: string }) => email)).toEqual(expect.arrayContaining([root.email, user.email]))
    expect(total).toBeGreaterThanOrEqual(2)

    await root.browser.do('admin/ban-user', { userId: user.id, banReason: 'spam' })
    expect(await user.browser.user()).toBeNull()
    expect((await user.browser.post('sign-in/email', { email: user.email, password: PASSWORD })).status).toBe(403)
    await root.browser.do('admin/unban-user', { userId: user.id })
    await root.browser.do('admin/impersonate-user', { userId: user.id })
    expect((await root.browser.user()).email).toBe(user.email)
    await root.browser.do('admin/stop-impersonating')
    expect((await root.browser.user()).email).toBe(root.email)
  })

  it('anonymous: creates a user who can sign up later', async () => {
    const browser = new Browser()
    await browser.do('sign-in/anonymous')
    const guest = await browser.user()
    expect(guest.isAnonymous).toBe(true)
    const email = 'guest@example.com'
    await browser.do('sign-up/email', { email, password: PASSWORD, name: 'Guest' })
    expect(await browser.user()).toMatchObject({ email, isAnonymous: false })
    expect(await lastSecret(email)).toBe(guest.id)
  })

  it('apiKey: creates, verifies and deletes keys, and opens a session with a key', async () => {
    const { browser, id } = await signUp()
    const { key, id: keyId } = await browser.do('api-key/create', { name: 'script' })
    const verify = () => deployment.mutation(api.users.verifyKey, { key })
    expect(await verify()).toBe(true)
    expect((await new Browser().get('get-session', { 'x-api-key': key })).body.user.id).toBe(id)
    expect((await browser.get('api-key/list')).body.apiKeys).toMatchObject([{ id: keyId, name: 'script' }])
    await browser.do('api-key/delete', { keyId })
    expect(await verify()).toBe(false)
  })

  it('bearer: accepts the token of a sign-in instead of cookies', async () => {
    const { email } = await signUp()
    const { headers } = await new Browser().post('sign-in/email', { email, password: PASSWORD })
    const authorization = `Bearer ${headers.get('set-auth-token')}`
    expect((await new Browser().get('get-session', { authorization })).body.user.email).toBe(email)
    expect((await new Browser().get('get-session', { authorization: 'Bearer wrong' })).body).toBeNull()
  })

  it('deviceAuthorization: signs a device in after a user has approved its code', async () => {
    const device = new Browser()
    const { device_code, user_code } = await device.do('device/code', { client_id: 'television' })
    const grant = { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code, client_id: 'television' }
    expect(await device.post('device/token', grant)).toMatchObject({ status: 400, body: { error: 'authorization_pending' } })
    const { browser, id } = await signUp()
    expect((await browser.get(`device?user_code=${user_code}`)).body).toMatchObject({ status: 'pending' })
    await browser.do('device/approve', { userCode: user_code })
    expect(await device.post('device/token', grant)).toMatchObject({ status: 400, body: { error: 'slow_down' } })
    await advanceClock(6 * 60_000)
    const { access_token } = await device.do('device/token', grant)
    expect((await device.get('get-session', { authorization: `Bearer ${access_token}` })).body.user.id).toBe(id)
  })

  it('emailOTP: signs in with a code that is valid once', async () => {
    const email = 'otp@example.com'
    const browser = new Browser()
    await browser.do('email-otp/send-verification-otp', { email, type: 'sign-in' })
    const otp = await lastSecret(email)
    expect((await browser.post('sign-in/email-otp', { email, otp: otp === '000000' ? '000001' : '000000' })).status).toBe(400)
    await browser.do('sign-in/email-otp', { email, otp })
    expect(await browser.user()).toMatchObject({ email, emailVerified: true })
    expect((await new Browser().post('sign-in/email-otp', { email, otp })).status).toBe(400)
  })

  it('magicLink: signs in with a link that is valid once', async () => {
    const email = 'magic@example.com'
    const browser = new Browser()
    await browser.do('sign-in/magic-link', { email, name: 'Magda' })
    const path = `magic-link/verify?token=${await lastSecret(email)}`
    expect((await browser.get(path)).status).toBe(200)
    expect(await browser.user()).toMatchObject({ email, name: 'Magda' })
    const again = new Browser()
    expect((await again.get(path)).headers.get('location')).toContain('error=INVALID_TOKEN')
    expect(await again.user()).toBeNull()
  })

  it('multiSession: keeps the sessions of two users, and switches between them', async () => {
    const { browser, email } = await signUp()
    const second = 'second@example.com'
    await browser.do('sign-up/email', { email: second, password: PASSWORD, name: 'Second' })
    expect((await browser.user()).email).toBe(second)
    const sessions: { user: { email: string }, session: { token: string } }[] = (await browser.get('multi-session/list-device-sessions')).body
    expect(sessions.map(({ user }) => user.email).sort()).toEqual([second, email].sort())
    const { token } = sessions.find(({ user }) => user.email === email)!.session
    await browser.do('multi-session/set-active', { sessionToken: token })
    expect((await browser.user()).email).toBe(email)
    await browser.do('multi-session/revoke', { sessionToken: token })
    expect((await browser.user()).email).toBe(second)
  })

  it('oneTimeToken: opens a session in another browser once', async () => {
    const { browser, email } = await signUp()
    const { token } = (await browser.get('one-time-token/generate')).body
    const other = new Browser()
    expect((await other.do('one-time-token/verify', { token })).user.email).toBe(email)
    expect((await other.user()).email).toBe(email)
    expect((await new Browser().post('one-time-token/verify', { token })).status).toBe(400)
  })

  it('organization: invites a member with a role, and lists organizations in a query', async () => {
    const [owner, member] = [await signUp(), await signUp()]
    const { id: organizationId } = await owner.browser.do('organization/create', { name: 'Acme', slug: 'acme' })
    await owner.browser.do('organization/invite-member', { email: member.email, role: 'member', organizationId })
    await member.browser.do('organization/accept-invitation', { invitationId: await lastSecret(member.email) })
    const { members } = (await owner.browser.get(`organization/list-members?organizationId=${organizationId}`)).body
    expect(members.map(({ user, role }: { user: { email: string }, role: string }) => [user.email, role])).toEqual([[owner.email, 'owner'], [member.email, 'member']])
    expect((await member.browser.post('organization/delete', { organizationId })).status).toBe(403)
    expect(await (await member.browser.client()).query(api.users.organizations)).toEqual(['acme'])
    expect((await owner.browser.post('organization/create', { name: 'Acme 2', slug: 'acme' })).status).toBe(400)
  })

  it('passkey: registers a passkey, and signs in with it', async () => {
    const { browser, email } = await signUp()
    const authenticator = new Authenticator(ORIGIN)
    const creation = (await browser.get('passkey/generate-register-options')).body
    expect(creation.rp).toEqual({ name: 'An app', id: 'localhost' })
    await browser.do('passkey/verify-registration', { name: 'phone', response: authenticator.register(creation) })
    expect((await browser.get('passkey/list-user-passkeys')).body).toMatchObject([{ name: 'phone', counter: 1, transports: 'internal' }])

    const other = new Browser()
    const request = (await other.get('passkey/generate-authenticate-options')).body
    const forged = new Authenticator(ORIGIN).authenticate(request)
    expect((await other.post('passkey/verify-authentication', { response: forged })).status).toBe(401)
    const options = (await other.get('passkey/generate-authenticate-options')).body
    await other.do('passkey/verify-authentication', { response: authenticator.authenticate(options) })
    expect((await other.user()).email).toBe(email)
  })

  it('phoneNumber: signs up with a code', async () => {
    const browser = new Browser()
    const phoneNumber = '+41791234567'
    await browser.do('phone-number/send-otp', { phoneNumber })
    await browser.do('phone-number/verify', { phoneNumber, code: await lastSecret(phoneNumber) })
    expect(await browser.user()).toMatchObject({ phoneNumber, phoneNumberVerified: true })
  })

  it('twoFactor: requires a code of an authenticator app, or a backup code', async () => {
    const { browser, email } = await signUp()
    const { totpURI, backupCodes } = await browser.do('two-factor/enable', { password: PASSWORD })
    await browser.do('two-factor/verify-totp', { code: totp(totpURI) })
    expect((await browser.user()).twoFactorEnabled).toBe(true)

    for (const [path, code] of [['verify-totp', () => totp(totpURI)], ['verify-backup-code', () => backupCodes[0]]] as const) {
      const other = new Browser()
      expect(await other.do('sign-in/email', { email, password: PASSWORD })).toMatchObject({ twoFactorRedirect: true })
      expect(await other.user()).toBeNull()
      expect((await other.post(`two-factor/${path}`, { code: 'wrong' })).status).toBe(401)
      await other.do(`two-factor/${path}`, { code: code() })
      expect((await other.user()).email).toBe(email)
    }
  })

  it('username: signs in with a name that is unique', async () => {
    const { email } = await signUp({ username: 'Grace_Hopper' })
    const browser = new Browser()
    await browser.do('sign-in/username', { username: 'grace_hopper', password: PASSWORD })
    expect(await browser.user()).toMatchObject({ email, username: 'grace_hopper', displayUsername: 'Grace_Hopper' })
    expect(await browser.do('is-username-available', { username: 'grace_hopper' })).toEqual({ available: false })
    await expect(signUp({ username: 'grace_hopper' })).rejects.toThrow('USERNAME_IS_ALREADY_TAKEN')
  })
})
