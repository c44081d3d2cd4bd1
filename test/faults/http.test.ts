import type { HttpFault } from './http-fault.ts'
import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { api } from '../support/convex/_generated/api.js'
import { longestConnectionWait, longestTokenWait, mostConnections, mostTokenRequests } from './back-off-bounds.ts'
import { useFaultFixture } from './fault-fixture.ts'
import { html } from './http-fault.ts'

/** The lifetime of a token. Convue renews such a token after 48 s, 12 s before it expires. */
const JWT_SECONDS = 60
const fixture = useFaultFixture(JWT_SECONDS)

const FLIGHT_MS = 2000
const OUTAGE_MS = 15_000
/** The time limit of Convue for a request to the provider. */
const ATTEMPT_MS = 10_000
/** The time limit of Convue for an upload without progress. */
const SILENCE_MS = 60_000

const json = { 'content-type': 'application/json' }
const outages: [string, HttpFault][] = [
  ['429', { kind: 'answer', status: 429, headers: json, body: '{"message":"Slow down"}' }],
  ['500', { kind: 'answer', status: 500 }],
  ['503', { kind: 'answer', status: 503, headers: json, body: '{"message":"Later"}' }],
  ['a firewall\'s 403', html(403)],
  ['a firewall\'s 401', html(401)],
  ['an HTML page with 200', html(200)],
  ['cut before the request arrives', { kind: 'cut', when: 'before' }],
  ['cut before the response', { kind: 'cut', when: 'after' }],
  ['cut in the middle of the response', { kind: 'cut', when: 'middle' }],
  ['never answered', { kind: 'halfOpen' }],
]

function attemptMsOf({ kind }: HttpFault): number {
  return kind === 'halfOpen' ? ATTEMPT_MS : 0
}

function failTokens(fault: HttpFault | null): void {
  fixture.proxy.fault = path => path.endsWith('/convex/token') ? fault : null
}

function tokenTimes(): number[] {
  return fixture.proxy.requests.filter(({ path }) => path.endsWith('/convex/token')).map(({ at }) => at)
}

describe('a failing token endpoint', () => {
  it.each(outages)('is requested with a growing delay during page load until it recovers: %s', async (_name, fault) => {
    failTokens(fault)
    const page = fixture.open()
    page.mutate()
    await fixture.time.elapse(OUTAGE_MS)
    expect(page.convex.auth.status.value).toBe('loading')
    const asked = tokenTimes().length
    expect(asked).toBeGreaterThan(1)
    expect(asked).toBeLessThanOrEqual(mostTokenRequests(OUTAGE_MS, attemptMsOf(fault)))
    fixture.proxy.heal()
    await page.recover(fixture.time, attemptMsOf(fault) + longestTokenWait(OUTAGE_MS) + FLIGHT_MS)
    expect(tokenTimes()).toHaveLength(asked + 1)
  })

  it.each(outages.filter((_outage, index) => index % 2 === 1))('leaves the page unchanged during a renewal: %s', async (_name, fault) => {
    const page = await fixture.openLoaded()
    failTokens(fault)
    const begin = Date.now()
    const asked = (): number => tokenTimes().filter(at => at > begin).length
    await fixture.time.until(() => asked() > 0, JWT_SECONDS * 1000)
    // The token expires during the outage.
    await fixture.time.elapse(OUTAGE_MS)
    page.mutate()
    expect(page.convex.auth.user.value).not.toBeNull()
    expect(asked()).toBeGreaterThan(1)
    expect(asked()).toBeLessThanOrEqual(mostTokenRequests(OUTAGE_MS, attemptMsOf(fault)))
    fixture.proxy.heal()
    await page.recover(fixture.time, attemptMsOf(fault) + longestTokenWait(OUTAGE_MS) + longestConnectionWait(0) + FLIGHT_MS)
  })

  it('receives one early request at an `online` event, and no other before Retry-After', async () => {
    const RETRY_AFTER_MS = 25_000
    failTokens({ kind: 'answer', status: 429, headers: { ...json, 'retry-after': String(RETRY_AFTER_MS / 1000) }, body: '{}' })
    const page = fixture.open()
    await fixture.time.until(() => tokenTimes().length === 1, FLIGHT_MS)
    window.dispatchEvent(new window.Event('online'))
    await fixture.time.until(() => tokenTimes().length === 2, FLIGHT_MS)
    window.dispatchEvent(new window.Event('online'))
    await fixture.time.elapse(OUTAGE_MS)
    expect(tokenTimes()).toHaveLength(2)
    fixture.proxy.heal()
    await page.recover(fixture.time, RETRY_AFTER_MS - OUTAGE_MS + FLIGHT_MS)
    const [, second, third] = tokenTimes()
    expect(third! - second!).toBeGreaterThanOrEqual(RETRY_AFTER_MS)
  })
})

describe('a failing session endpoint', () => {
  it.each(outages.filter((_outage, index) => index % 2 === 0))('does not change the identity: %s', async (_name, fault) => {
    const page = await fixture.openLoaded()
    fixture.proxy.fault = path => path.endsWith('/get-session') ? fault : null
    // The auth client also requests the session whenever the page becomes visible.
    const { refetch } = page.auth.authClient.$store.atoms.session!.value
    void refetch()
    page.mutate()
    await fixture.time.elapse(3000)
    expect(page.convex.auth.status.value).toBe('authenticated')
    fixture.proxy.heal()
    await page.recover(fixture.time, FLIGHT_MS)
  })

  it('does not prevent the sign-in of the user during page load', async () => {
    fixture.proxy.fault = path => path.endsWith('/get-session') ? html(503) : null
    const page = fixture.open()
    await fixture.time.elapse(OUTAGE_MS)
    expect(fixture.proxy.count('/get-session')).toBeLessThanOrEqual(mostTokenRequests(OUTAGE_MS))
    fixture.proxy.heal()
    await page.recover(fixture.time, longestTokenWait(OUTAGE_MS) + FLIGHT_MS)
  })
})

describe('an outage that is longer than the lifetime of a token', () => {
  it.each(outages.slice(-4))('keeps the data and loses no call: %s', async (_name, fault) => {
    const page = await fixture.openLoaded()
    page.mutate()
    await page.recover(fixture.time, FLIGHT_MS)
    const begin = Date.now()
    const outageMs = (JWT_SECONDS + 20) * 1000
    fixture.proxy.fault = () => fault
    fixture.proxy.cut()
    page.mutate()
    await fixture.time.elapse(outageMs)
    expect(page.texts.length).toBeGreaterThan(0)
    expect(page.convex.auth.user.value).not.toBeNull()
    expect(fixture.proxy.count('/convex/token', begin)).toBeLessThanOrEqual(mostTokenRequests(outageMs))
    expect(fixture.proxy.count('/sync', begin)).toBeLessThanOrEqual(mostConnections(outageMs))
    fixture.proxy.heal()
    await page.recover(fixture.time, ATTEMPT_MS + longestTokenWait(outageMs) + longestConnectionWait(outageMs) + 60_000)
  })
})

describe('responses out of order', () => {
  it('do not restore a user who has signed out', async () => {
    const page = await fixture.openLoaded()
    const { authClient } = page.auth
    fixture.proxy.fault = path => path.endsWith('/get-session') ? { kind: 'overtaken' } : null
    void authClient.$store.atoms.session!.value.refetch()
    await fixture.time.settle()
    fixture.proxy.fault = () => null
    await page.convex.auth.signOut()
    await fixture.time.elapse(5000)
    expect(page.convex.auth.status.value).toBe('unauthenticated')
    expect(page.tasks.data.value).toBeUndefined()
    expect(page.whoami.data.value).toBeNull()
  })

  it('do not sign out a user who has signed in', async () => {
    const page = await fixture.openLoaded()
    await page.convex.auth.signOut()
    const { authClient } = page.auth
    // The session is requested while anonymous, and the response arrives after the sign-in.
    fixture.proxy.fault = path => path.endsWith('/get-session') ? { kind: 'overtaken' } : null
    void authClient.$store.atoms.session!.value.refetch()
    await fixture.time.settle()
    fixture.proxy.fault = () => null
    const signIn = authClient.signIn.email({ email: fixture.session.email, password: 'correct horse battery' })
    await fixture.time.until(() => page.convex.auth.status.value === 'authenticated', 5000)
    await signIn
    await fixture.time.elapse(5000)
    expect(page.convex.auth.status.value).toBe('authenticated')
    expect(page.tasks.status.value).toBe('success')
  })
})

describe('a sign-out', () => {
  it.each<[string, HttpFault]>([
    ['503', { kind: 'answer', status: 503 }],
    ['an HTML page with 200', html(200)],
    ['cut before the request arrives', { kind: 'cut', when: 'before' }],
  ])('rejects and changes nothing if it did not reach the server: %s', async (_name, fault) => {
    const page = await fixture.openLoaded()
    fixture.proxy.fault = path => path.endsWith('/sign-out') ? fault : null
    await expect(page.convex.auth.signOut()).rejects.toMatchObject({ code: 'SIGN_OUT_FAILED' })
    fixture.proxy.heal()
    page.mutate()
    await page.recover(fixture.time, FLIGHT_MS)
  })

  it('takes effect with the next session request if its response was lost', async () => {
    const page = await fixture.openLoaded()
    fixture.proxy.fault = path => path.endsWith('/sign-out') ? { kind: 'replace', status: 502 } : null
    await expect(page.convex.auth.signOut()).rejects.toMatchObject({ code: 'SIGN_OUT_FAILED' })
    expect(page.convex.auth.status.value).toBe('authenticated')
    fixture.proxy.heal()
    void page.auth.authClient.$store.atoms.session!.value.refetch()
    await fixture.time.until(() => page.convex.auth.status.value === 'unauthenticated', FLIGHT_MS)
    expect(page.tasks.data.value).toBeUndefined()
  })
})

describe('an upload', () => {
  it.each<[string, HttpFault]>([
    ['429 with Retry-After', { kind: 'answer', status: 429, headers: { 'retry-after': '3' } }],
    ['500', { kind: 'answer', status: 500 }],
    ['503', html(503)],
    ['cut before the request arrives', { kind: 'cut', when: 'before' }],
    ['cut before the response', { kind: 'cut', when: 'after' }],
    ['cut in the middle of the response', { kind: 'cut', when: 'middle' }],
    ['never answered', { kind: 'halfOpen' }],
  ])('is repeated, and its file is stored once: %s', async (_name, fault) => {
    const page = await fixture.openLoaded()
    fixture.proxy.fault = path => path.endsWith('/storage/upload') ? fault : null
    const bytes = randomBytes(100_000)
    let storageId: any
    void page.upload.upload(new File([bytes], 'a file')).then(([id]) => storageId = id)
    const attemptMs = fault.kind === 'halfOpen' ? SILENCE_MS : 0
    const outageMs = attemptMs + 8000
    await fixture.time.elapse(outageMs)
    const attempts = fixture.proxy.count('/storage/upload')
    expect(attempts).toBeGreaterThan(1)
    expect(attempts).toBeLessThanOrEqual(mostTokenRequests(outageMs, attemptMs))
    expect(storageId).toBeUndefined()
    fixture.proxy.heal()
    await fixture.time.until(() => storageId, attemptMs + longestTokenWait(outageMs) + FLIGHT_MS)
    await page.save('a file', storageId)
    const files = await fixture.deployment.query(api.files.list)
    const saved = files.filter(file => file.storageId === storageId)
    expect(saved).toHaveLength(1)
    expect(Buffer.from(await (await fetch(saved[0]!.url!)).arrayBuffer()).equals(bytes)).toBe(true)
  })
})
