import type { HttpFault } from './http-fault.ts'
import type { Swallowed, WireDamage } from './wire.ts'
import { describe, expect, it } from 'vitest'
import { longestConnectionWait, mostConnections } from './back-off-bounds.ts'
import { useFaultFixture } from './fault-fixture.ts'
import { html } from './http-fault.ts'

const fixture = useFaultFixture(900)

/** What a flight takes at most, and how exactly time is measured. */
const FLIGHT_MS = 2000
const OUTAGE_MS = 20_000
/** A client gives a connection up on which it has heard nothing for so long; then it waits 100 ms, more or less. */
const SILENCE_MS = 60_000 + 150

const connections = (): number => fixture.proxy.count('/sync')
const tokens = (): number => fixture.proxy.count('/convex/token')

describe('a connection that breaks', () => {
  it('is back within the first back-off, with what was called before and meanwhile, and asks for no token', async () => {
    const page = await fixture.openWell()
    page.mutate()
    fixture.proxy.cut()
    page.mutate()
    expect(await page.recover(fixture.time, 10_000)).toBeLessThanOrEqual(longestConnectionWait(0) + FLIGHT_MS)
    expect(connections()).toBe(2)
    expect(tokens()).toBe(1)
  })

  it('does nothing twice, although it broke before the page heard what had been done', async () => {
    const page = await fixture.openWell()
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

  it('breaks again at each answer, and the page goes on by itself once it holds', async () => {
    const page = await fixture.openWell()
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

  it('because the deployment restarts, costs no more than one back-off', async () => {
    const page = await fixture.openWell()
    page.mutate()
    await fixture.deployment.restart()
    page.mutate()
    await page.recover(fixture.time, longestConnectionWait(0) + FLIGHT_MS)
    expect(tokens()).toBe(1)
  })
})

describe('an action under way when its connection breaks', () => {
  it('rejects, and is not run again', async () => {
    const page = await fixture.openWell()
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

describe('a deployment that cannot be reached for a while', () => {
  const outages: [string, HttpFault][] = [
    ['the connection is cut', { kind: 'cut', when: 'before' }],
    ['429', { kind: 'answer', status: 429 }],
    ['500', { kind: 'answer', status: 500 }],
    ['503', { kind: 'answer', status: 503 }],
    ['a page instead of a socket', html(200)],
  ]

  it.each(outages)('is asked ever more slowly, and hears all that was called meanwhile once: %s', async (_name, fault) => {
    const page = await fixture.openWell()
    fixture.proxy.fault = path => path.endsWith('/sync') ? fault : null
    fixture.proxy.cut()
    page.mutate()
    await fixture.time.elapse(OUTAGE_MS)
    page.mutate()
    // The data stays, marked by the connection's state alone.
    expect(page.tasks.status.value).toBe('success')
    expect(page.convex.auth.status.value).toBe('authenticated')
    const attempts = connections() - 1
    expect(attempts).toBeGreaterThan(1)
    expect(attempts).toBeLessThanOrEqual(mostConnections(OUTAGE_MS))
    fixture.proxy.heal()
    await page.recover(fixture.time, longestConnectionWait(OUTAGE_MS) + FLIGHT_MS)
    expect(tokens()).toBe(1)
  })

  it('at the first moment keeps nobody signed out', async () => {
    fixture.proxy.fault = path => path.endsWith('/sync') ? { kind: 'answer', status: 503 } : null
    const page = fixture.open()
    page.mutate()
    await fixture.time.elapse(OUTAGE_MS)
    fixture.proxy.heal()
    await page.recover(fixture.time, longestConnectionWait(OUTAGE_MS) + FLIGHT_MS)
    expect(tokens()).toBe(1)
  })
})

describe('a connection that is lost without a word', () => {
  // Not one way to the server alone: TCP gives such a connection up by itself.
  it.each<Swallowed>(['toPage', 'both'])('is given up after a minute of silence, with nothing lost or done twice: %s', async (swallowed) => {
    const page = await fixture.openWell()
    for (const wire of fixture.proxy.wires)
      wire.swallowed = swallowed
    page.mutate()
    await fixture.time.elapse(1000)
    page.mutate()
    expect(await page.recover(fixture.time, SILENCE_MS + FLIGHT_MS)).toBeGreaterThan(50_000)
    expect(connections()).toBe(2)
    expect(tokens()).toBe(1)
  })

  it('accepted and never opened, is given up after a minute as well', async () => {
    const page = await fixture.openWell()
    fixture.proxy.fault = path => path.endsWith('/sync') ? { kind: 'halfOpen' } : null
    fixture.proxy.cut()
    page.mutate()
    await fixture.time.until(() => connections() === 2, 5000)
    fixture.proxy.heal()
    await page.recover(fixture.time, SILENCE_MS + longestConnectionWait(1500) + FLIGHT_MS)
    expect(tokens()).toBe(1)
  })
})

describe('bytes that do not arrive as they were sent', () => {
  it.each<WireDamage>(['header', 'payload', 'truncate'])('cost a connection and nothing else: %s', async (damage) => {
    const page = await fixture.openWell()
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
  it('makes nobody ask twice', async () => {
    fixture.proxy.fault = () => ({ kind: 'delay', ms: 3000 })
    const page = fixture.open()
    await fixture.time.until(() => page.isWell, 30_000)
    page.mutate()
    page.mutate()
    await page.recover(fixture.time, 20_000)
    // One as nobody, which the page shows after two seconds without a token.
    expect(connections()).toBe(2)
    expect(tokens()).toBe(1)
  })
})
