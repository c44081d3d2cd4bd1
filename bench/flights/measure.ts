import type { Deployment } from '../../src/testing/index.ts'
import type { BuiltApp } from '../nuxt/start-app.ts'
import type { Table } from '../tables.ts'
import type { Boot } from './boots.ts'
import { sessionTokenOf } from '../../src/shared/session-cookie.ts'
import { STORE_KEY_COOKIE, storeKey } from '../../src/shared/store-key.ts'
import { launchBrowser } from '../../test/support/browser/browser.ts'
import { startFixture } from '../../test/support/live/deployment.ts'
import { freePort } from '../../test/support/live/free-port.ts'
import { SlowNetwork } from '../../test/support/live/slow-network.ts'
import { signUpWithTask } from '../sign-up.ts'
import { boot } from './boots.ts'
import { serveSpa } from './spa.ts'
import { SUBJECTS } from './subjects.ts'

export interface FlightOptions {
  oneWayMs: number
  /** The number of loads of each page. */
  rounds: number
}

/** Loads the page of each subject over a slow network, one after another in each round. */
export async function measureFlights(app: BuiltApp, { oneWayMs, rounds }: FlightOptions): Promise<Table[]> {
  const network = new SlowNetwork(oneWayMs)
  const browser = await launchBrowser()
  const spa = await serveSpa()
  const port = await freePort()
  let deployment: Deployment | undefined
  let nuxt: Awaited<ReturnType<BuiltApp['start']>> | undefined
  try {
    deployment = await startFixture({ siteUrl: `http://localhost:${port}` })
    const { url, siteUrl } = deployment
    const deploymentUrl = await network.open(() => ({ target: url, isSlow: true }))
    nuxt = await app.start({ NUXT_PUBLIC_CONVEX_URL: deploymentUrl, NUXT_PUBLIC_CONVEX_SITE_URL: siteUrl, NUXT_CONVEX_SERVER_URL: url })
    const targets: [prefix: string, target: string][] = [['/api/', siteUrl], ['/spa/', spa.url], ['/', nuxt.url]]
    // For all subjects, files and documents arrive without a delay, and only requests of the page
    // are delayed.
    const origin = await network.open(path => ({ target: targets.find(([prefix]) => path.startsWith(prefix))![1], isSlow: path.startsWith('/api/') }), port)

    const cookies = [...await signUpWithTask(deployment, origin, nuxt.url)].map(([name, value]) => ({ name, value, url: origin, httpOnly: true, sameSite: 'Lax' as const }))

    // The deployment of this benchmark does not set the companion itself.
    const session = cookies.find(({ name }) => name.endsWith('session_token'))!
    const key = await storeKey(sessionTokenOf(session.value)!)
    cookies.push({ ...session, name: session.name.replace('session_token', STORE_KEY_COOKIE), value: key, httpOnly: false })

    const boots = SUBJECTS.map((): Boot[] => [])
    for (let round = 0; round < rounds; round++) {
      for (const [index, subject] of SUBJECTS.entries()) {
        console.error(`${round + 1} of ${rounds}: ${subject.name}`)
        boots[index]!.push(await boot(browser, network, `${origin}${subject.path}?deployment=${encodeURIComponent(deploymentUrl)}`, subject, cookies))
      }
    }
    return describe(boots, oneWayMs, browser.version())
  }
  finally {
    await browser.close()
    await network.close()
    spa.close()
    await nuxt?.close()
    await deployment?.close()
  }
}

function describe(boots: Boot[][], oneWayMs: number, browserVersion: string): Table[] {
  const rtt = 2 * oneWayMs
  const most = Math.max(...boots.flat().map(({ liveIn }) => liveIn))
  const flights = (count: number): string => count === 0 ? '0' : `${count} = handshake + ${count - 1}`
  return [{
    title: `Flights until the tasks of the signed-in user are shown, with a round trip of ${rtt} ms, in Chromium ${browserVersion} (median of ${boots[0]!.length} loads)`,
    head: ['', 'until shown', 'until live', 'shown after', 'live after', 'round trips on the wire, by time', 'token requests', 'get-session requests', 'Authenticate messages'],
    rows: boots.map((list, index) => [
      SUBJECTS[index]!.name,
      same(list, ({ shownIn }) => flights(shownIn)),
      same(list, ({ liveIn }) => flights(liveIn)),
      `${median(list.map(({ shownMs }) => shownMs)).toFixed(0)} ms`,
      `${median(list.map(({ liveMs }) => liveMs)).toFixed(0)} ms`,
      (median(list.map(({ wireMs }) => wireMs)) / rtt).toFixed(2),
      same(list, ({ tokens }) => String(tokens)),
      same(list, ({ sessions }) => String(sessions)),
      same(list, ({ authenticates }) => String(authenticates)),
    ]),
  }, {
    title: 'The messages of each flight until the tasks arrived',
    head: ['', ...Array.from({ length: most }, (_, index) => `flight ${index + 1}`)],
    rows: boots.map(([first], index) => [
      SUBJECTS[index]!.name,
      ...Array.from({ length: most }, (_, flight) => (first!.flights[flight] ?? []).map(shorten).join(', ')),
    ]),
  }]
}

/** The value if it is the same in all loads, otherwise all values. */
function same(list: Boot[], read: (boot: Boot) => string): string {
  return [...new Set(list.map(read))].join(' or ')
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
}

function shorten(name: string): string {
  return name.replace(/^GET \/api\/auth\/(?:convex\/)?/, '')
}
