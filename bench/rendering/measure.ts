import type { Deployment } from '../../src/testing/index.ts'
import type { BuiltApp } from '../nuxt/start-app.ts'
import type { Table } from '../tables.ts'
import { startFixture } from '../../test/support/live/deployment.ts'
import { freePort } from '../../test/support/live/free-port.ts'
import { signUpWithTask, TASK } from '../sign-up.ts'
import { fetchPage, load } from './load.ts'
import { RecordedDeployment } from './recorded-deployment.ts'

export interface RenderingOptions {
  /** How long the load on each page lasts, in milliseconds. */
  durationMs: number
  connections: number
  /**
   * How long each response of the deployment takes while a single page is measured, in
   * milliseconds.
   */
  answerMs: number
}

/** The cookies of the requests. */
type Cookies = 'anonymous' | 'user' | 'user without a token' | 'token alone' | 'token and session by hand'

interface RenderingSubject {
  name: string
  path: string
  as: Cookies
  /** Text that the page must contain. */
  contains: string
}

const ROUNDS = 6

/**
 * The pages with `ConvexHttpClient` receive only the cookie with the token, and do not check the
 * session, as in an app without Convue. One of them does check it, at the same time.
 */
const SUBJECTS: RenderingSubject[] = [
  { name: 'floor: no queries, anonymous', path: '/plain', as: 'anonymous', contains: 'no user made' },
  { name: 'no queries, a user', path: '/plain', as: 'user', contains: 'no user made' },
  { name: 'Convue', path: '/convue', as: 'user', contains: TASK },
  { name: 'Convue, the token\'s cookie has expired', path: '/convue', as: 'user without a token', contains: TASK },
  { name: '`ConvexHttpClient` and get-session, all at once', path: '/http-client/checked', as: 'token and session by hand', contains: TASK },
  { name: '`ConvexHttpClient`, all at once', path: '/http-client/parallel', as: 'token alone', contains: TASK },
  { name: '`ConvexHttpClient`, one after another', path: '/http-client/sequence', as: 'token alone', contains: TASK },
]

interface Rendering {
  /** Pages per second. */
  rate: number
  /** The numbers of requests for one page. */
  sessions: number
  tokens: number
  queries: number
  mostAtOnce: number
  flights: number
  /** The time of one page while each response takes `answerMs`. */
  pageMs: number
}

/** Renders each page once, and then as often as possible. */
export async function measureRendering(app: BuiltApp, options: RenderingOptions): Promise<Table[]> {
  const siteUrl = `http://localhost:${await freePort()}`
  const deployment = await startFixture({ siteUrl })
  const recorded = new RecordedDeployment(deployment)
  const url = await recorded.open()
  const server = await app.start({ NUXT_PUBLIC_CONVEX_URL: deployment.url, NUXT_PUBLIC_CONVEX_SITE_URL: url, NUXT_CONVEX_SERVER_URL: url })
  try {
    const cookies = await cookiesOf(deployment, siteUrl, server.url)
    const renderings: Rendering[] = []
    for (const subject of SUBJECTS) {
      console.error(subject.name)
      renderings.push({ ...await renderOne(server.url, subject, cookies, recorded, options), rate: 0 })
    }
    // Each round measures all pages, because the load of the machine changes over time.
    for (let round = 0; round < ROUNDS; round++) {
      for (const [index, { path, as }] of SUBJECTS.entries()) {
        renderings[index]!.rate += await load(server.url + path, cookies[as], { connections: options.connections, durationMs: options.durationMs / ROUNDS }) / ROUNDS
        recorded.clear()
      }
    }
    return [describe(renderings, options)]
  }
  finally {
    await server.close()
    await recorded.close()
    await deployment.close()
  }
}

type CookieHeaders = Record<Cookies, string>

async function cookiesOf(deployment: Deployment, siteUrl: string, app: string): Promise<CookieHeaders> {
  const cookies = await signUpWithTask(deployment, siteUrl, app)
  const header = (isWanted: (name: string) => boolean): string => [...cookies].filter(([name]) => isWanted(name)).map(pair => pair.join('=')).join('; ')
  const isToken = (name: string): boolean => name.endsWith('convex_jwt')
  return {
    'anonymous': '',
    'user': header(() => true),
    'user without a token': header(name => !isToken(name)),
    'token alone': header(isToken),
    'token and session by hand': `${header(isToken)}; session-of-hand-written-page=${cookies.get('better-auth.session_token')}`,
  }
}

/** Renders a single page, and returns the numbers of its requests and its time. */
async function renderOne(
  origin: string,
  { path, as, contains }: RenderingSubject,
  cookies: CookieHeaders,
  recorded: RecordedDeployment,
  { connections, durationMs, answerMs }: RenderingOptions,
): Promise<Omit<Rendering, 'rate'>> {
  const url = origin + path
  const html = await fetchPage(url, cookies[as])
  if (!html.includes(contains))
    throw new Error(`${path} does not contain "${contains}": ${html}`)
  // Lets the JavaScript engine optimize the code before the measurement.
  await load(url, cookies[as], { connections, durationMs: durationMs / 4 })

  recorded.clear()
  recorded.answerMs = answerMs
  const begin = performance.now()
  await fetchPage(url, cookies[as])
  const pageMs = performance.now() - begin
  recorded.answerMs = 0
  const { log, mostAtOnce } = recorded
  return {
    sessions: log.count('GET /api/auth/get-session'),
    tokens: log.count('GET /api/auth/convex/token'),
    queries: log.count('POST /api/query'),
    mostAtOnce,
    flights: log.names().length,
    pageMs,
  }
}

function describe(renderings: Rendering[], { answerMs, connections }: RenderingOptions): Table {
  const floor = renderings[0]!.rate
  return {
    title: `A Nuxt page with five queries, ${connections} requests at a time`,
    head: ['', 'pages a second', '× floor', 'get-session', 'token', 'queries', 'most requests at once', 'sequential round trips', `time of one page, if each answer takes ${answerMs} ms`],
    rows: renderings.map(({ rate, sessions, tokens, queries, mostAtOnce, flights, pageMs }, index) => [
      SUBJECTS[index]!.name,
      rate.toFixed(0),
      `${(rate / floor).toFixed(2)} ×`,
      ...[sessions, tokens, queries, mostAtOnce, flights].map(String),
      `${pageMs.toFixed(0)} ms`,
    ]),
  }
}
