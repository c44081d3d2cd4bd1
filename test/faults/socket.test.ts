import type { HttpFault } from './http-fault.ts'
import type { Swallowed, WireDamage } from './wire.ts'
import { describe, expect, it } from 'vitest'
import { longestConnectionWait, mostConnections } from './back-off-bounds.ts'
import { useFaultFixture } from './fault-fixture.ts'
import { html } from './http-fault.ts'

const fixture = useFaultFixture(900)

/** A margin for the longest round trip and for the precision of the measured time. */
const FLIGHT_MS = 2000
const OUTAGE_MS = 20_000
/**
 * A client closes its connection after a minute without data, and reconnects about 100 ms later.
 */
const SILENCE_MS = 60_000 + 150

const connections = (): number => fixture.proxy.count('/sync')
const tokens = (): number => fixture.proxy.count('/convex/token')

describe('a broken connection', () => {
  it('is replaced within the first back-off; all calls are sent, and no token is requested', async () => {
    const page = await fixture.openLoaded()
    page.mutate()
    fixture.proxy.cut()
    page.mutate()
    expect(await page.recover(fixture.time, 10_000)).toBeLessThanOrEqual(longestConnectionWait(0) + FLIGHT_MS)
    expect(connections()).toBe(2)
    expect(tokens()).toBe(1)
  })

  it('runs each call once, even if it breaks before the response', async () => {
    const page = await fixture.openLoaded()
    for (let times = 1; times <= 3; times++) {
      for (const wire of fixture.proxy.wires)
        wire.isCutAtAnswer = true
      page.mutate()
      page.mutate()
      await page.recover(fixture.time, 10_000)
      expect(connections()).toBe(1 + times)
    }
    await fixture.deployment.settled()
    expect(fixture.deployment.log.filter(({ name }) => name === 'tasks:add')).toHaveLength(6)
    expect(tokens()).toBe(1)
  })

  it('is replaced until responses arrive, even if several connections break at a response', async () => {
    const page = await fixture.openLoaded()
    fixture.proxy.onWire = wire => setTimeout(() => wire.isCutAtAnswer = true, 250)
    fixture.proxy.cut()
    page.mutate()
    await fixture.time.elapse(OUTAGE_MS)
    page.mutate()
    expect(connections()).toBeLessThanOrEqual(1 + OUTAGE_MS / 500)
    fixture.proxy.heal()
    for (const wire of fixture.proxy.wires)
      wire.isCutAtAnswer = false
    await page.recover(fixture.time, longestConnectionWait(OUTAGE_MS) + FLIGHT_MS)
    expect(tokens()).toBe(1)
  })

  it('is replaced within the first back-off after a restart of the deployment', async () => {
    const page = await fixture.openLoaded()
    page.mutate()
    await fixture.deployment.restart()
    page.mutate()
    await page.recover(fixture.time, longestConnectionWait(0) + FLIGHT_MS)
    expect(tokens()).toBe(1)
  })
})

describe('an action that is running when its connection breaks', () => {
  it('rejects and does not run again', async () => {
    const page = await fixture.openLoaded()
    for (const wire of fixture.proxy.wires)
      wire.isCutAtAnswer = true
    let error: unknown
    page.storeText.run({ name: 'a text', text: 'once' }).catch(cause => error = cause)
    await page.recover(fixture.time, longestConnectionWait(0) + FLIGHT_MS)
    await fixture.time.until(() => error, FLIGHT_MS)
    expect(String(error)).toContain('Connection lost while action was in flight')
    expect(await page.storeText.run({ name: 'a text', text: 'again' })).toBe('again')
    await fixture.deployment.settled()
    const runs = fixture.deployment.log.filter(({ name }) => name === 'files:storeText').map(({ args }: any) => args.text)
    expect(runs).toEqual(['once', 'again'])
  })
})

describe('an unreachable deployment', () => {
  const outages: [string, HttpFault][] = [
    ['the connection is cut', { kind: 'cut', when: 'before' }],
    ['429', { kind: 'answer', status: 429 }],
    ['500', { kind: 'answer', status: 500 }],
    ['503', { kind: 'answer', status: 503 }],
    ['an HTML page instead of a socket', html(200)],
  ]

  it.each(outages)('causes retries with a growing delay, and runs each call once after the recovery: %s', async (_name, fault) => {
    const page = await fixture.openLoaded()
    fixture.proxy.fault = path => path.endsWith('/sync') ? fault : null
    fixture.proxy.cut()
    page.mutate()
    await fixture.time.elapse(OUTAGE_MS)
    page.mutate()
    // The data and the auth status remain. Only the state of the connection changes.
    expect(page.tasks.status.value).toBe('success')
    expect(page.convex.auth.status.value).toBe('authenticated')
    const attempts = connections() - 1
    expect(attempts).toBeGreaterThan(1)
    expect(attempts).toBeLessThanOrEqual(mostConnections(OUTAGE_MS))
    fixture.proxy.heal()
    await page.recover(fixture.time, longestConnectionWait(OUTAGE_MS) + FLIGHT_MS)
    expect(tokens()).toBe(1)
  })

  it('does not prevent the sign-in of the user during page load', async () => {
    fixture.proxy.fault = path => path.endsWith('/sync') ? { kind: 'answer', status: 503 } : null
    const page = fixture.open()
    page.mutate()
    await fixture.time.elapse(OUTAGE_MS)
    fixture.proxy.heal()
    await page.recover(fixture.time, longestConnectionWait(OUTAGE_MS) + FLIGHT_MS)
    expect(tokens()).toBe(1)
  })
})

describe('a connection that is lost silently', () => {
  // The case `toServer` is missing, since TCP itself ends a connection that loses only the bytes to
  // the server.
  it.each<Swallowed>(['toPage', 'both'])('is replaced after a minute without data, with no call lost or repeated: %s', async (swallowed) => {
    const page = await fixture.openLoaded()
    for (const wire of fixture.proxy.wires)
      wire.swallowed = swallowed
    page.mutate()
    await fixture.time.elapse(1000)
    page.mutate()
    expect(await page.recover(fixture.time, SILENCE_MS + FLIGHT_MS)).toBeGreaterThan(50_000)
    expect(connections()).toBe(2)
    expect(tokens()).toBe(1)
  })

  it('is replaced after a minute if its WebSocket handshake is never answered', async () => {
    const page = await fixture.openLoaded()
    fixture.proxy.fault = path => path.endsWith('/sync') ? { kind: 'halfOpen' } : null
    fixture.proxy.cut()
    page.mutate()
    await fixture.time.until(() => connections() === 2, 5000)
    fixture.proxy.heal()
    await page.recover(fixture.time, SILENCE_MS + longestConnectionWait(1500) + FLIGHT_MS)
    expect(tokens()).toBe(1)
  })
})

describe('damaged bytes', () => {
  it.each<WireDamage>(['header', 'payload', 'truncate'])('break the connection and nothing else: %s', async (damage) => {
    const page = await fixture.openLoaded()
    for (let times = 1; times <= 2; times++) {
      for (const wire of fixture.proxy.wires)
        wire.damage = damage
      page.mutate()
      page.mutate()
      await page.recover(fixture.time, longestConnectionWait(0) + FLIGHT_MS)
      expect(connections()).toBe(1 + times)
    }
    expect(tokens()).toBe(1)
  })
})

describe('a slow network', () => {
  it('causes no repeated request', async () => {
    fixture.proxy.fault = () => ({ kind: 'delay', ms: 3000 })
    const page = fixture.open()
    await fixture.time.until(() => page.isUpToDate, 30_000)
    page.mutate()
    page.mutate()
    await page.recover(fixture.time, 20_000)
    // After two seconds without a token, optional queries run on an anonymous connection.
    expect(connections()).toBe(2)
    expect(tokens()).toBe(1)
  })
})
