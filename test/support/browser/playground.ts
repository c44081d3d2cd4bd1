import type { Browser, BrowserContext, Locator, Page, Request, ViewportSize } from 'playwright-core'
import type { Playground } from '../../../playground/start-playground.ts'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { startPlayground } from '../../../playground/start-playground.ts'
import { freePort } from '../live/free-port.ts'
import { launchBrowser } from './browser.ts'

/** A person with an account. */
export interface Person {
  name: string
  email: string
  password: string
}

/** A page of the playground, and what a test may know about it. */
export interface Window {
  page: Page
  /** What is on the screen while frame after frame is painted, each as `record` sees it. */
  frames: () => Promise<Frame[]>
  /** Problems in the console that the test provokes on purpose. */
  expectProblem: (pattern: RegExp) => void
  /** Requests that went to Better Auth, by path. */
  authRequests: string[]
  /** What each socket to the deployment sent, by the type of the message. */
  sent: string[][]
  /** The types of the messages that came from the deployment. */
  received: string[]
}

/** One state of the screen: frames in a row that show the same are one. */
export interface Frame {
  /** What the page says about who is there. */
  status: string
  /** The rows of the list in the main part. */
  rows: string[]
  /** Whether the page offers to sign in. */
  offersSignIn: boolean
}

export interface PlaygroundFixture {
  readonly playground: Playground
  /** Another browser profile: cookies and storage of its own. */
  openProfile: (viewport?: ViewportSize) => Promise<BrowserContext>
  openWindow: (profile: BrowserContext, path: string) => Promise<Window>
  /** Makes an account without the page, and signs the profile in. Resolves with the user's id. */
  signUp: (profile: BrowserContext, person: Person) => Promise<string>
}

/** How long a condition may take to come true: sign-ups hash passwords, and a dev server compiles at the first visit. */
const PATIENCE_MS = 60_000

/** On a port of its own: files of tests run side by side. */
async function startBuilt(): Promise<Playground> {
  return await startPlayground({ port: await freePort(), watch: false })
}

/**
 * One playground and one browser for a test file, on the embedded deployment unless `start` says otherwise. Whatever a page complains about, in the console or by an uncaught error, fails the test.
 */
export function usePlayground(start = startBuilt, launch: () => Promise<Browser> = launchBrowser): PlaygroundFixture {
  let playground: Playground
  let browser: Browser
  let problems: string[] = []
  let expected: RegExp[] = []

  beforeAll(async () => {
    browser = await launch()
    playground = await start()
  })

  afterAll(async () => {
    await browser?.close()
    await playground?.close()
  })

  afterEach(async () => {
    await Promise.all(browser.contexts().map(profile => profile.close()))
    const unexpected = problems.filter(problem => !expected.some(pattern => pattern.test(problem)))
    problems = []
    expected = []
    expect(unexpected).toEqual([])
  })

  return {
    get playground() {
      return playground
    },

    async openProfile(viewport) {
      const profile = await browser.newContext({ baseURL: playground.url, viewport })
      profile.setDefaultTimeout(PATIENCE_MS)
      await profile.addInitScript(record)
      return profile
    },

    async openWindow(profile, path) {
      const page = await profile.newPage()
      const authRequests: string[] = []
      const sent: string[][] = []
      const received: string[] = []
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning')
          problems.push(`${message.text()} (${message.location().url})`)
      })
      page.on('pageerror', error => problems.push(error.stack || `${error.name}: ${error.message}`))
      page.on('request', (request: Request) => {
        const { pathname } = new URL(request.url())
        if (pathname.startsWith('/api/auth/'))
          authRequests.push(pathname.slice('/api/auth/'.length))
      })
      page.on('websocket', (socket) => {
        if (!socket.url().endsWith('/sync'))
          return
        const types: string[] = []
        sent.push(types)
        socket.on('framereceived', ({ payload }) => received.push(JSON.parse(String(payload)).type))
        socket.on('framesent', ({ payload }) => types.push(JSON.parse(String(payload)).type))
      })
      await page.goto(path)
      return {
        page,
        authRequests,
        sent,
        received,
        frames: () => page.evaluate(framesSoFar),
        expectProblem: pattern => expected.push(pattern),
      }
    },

    async signUp(profile, person) {
      const response = await profile.request.post('/api/auth/sign-up/email', {
        data: person,
        headers: { origin: playground.url },
      })
      expect(response.status()).toBe(200)
      const { user } = await response.json()
      return user.id
    },
  }
}

let people = 0

/** A new user. */
export function person(name: string): Person {
  return { name, email: `${name.toLowerCase()}${++people}@example.com`, password: 'correct horse battery' }
}

/** Fills in and sends the form of the sign-in page. */
export async function signIn(page: Page, { email, password }: Person): Promise<void> {
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.locator('form').getByRole('button', { name: 'Sign in', exact: true }).click()
}

/** A row of the list of tasks. */
export function taskRow(page: Page, text: string): Locator {
  return page.getByRole('main').getByRole('listitem').filter({ hasText: text })
}

/** Runs in the page: resolves once what is on the screen now has been written down. */
function framesSoFar(): Promise<Frame[]> {
  return new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(() => resolve((globalThis as unknown as { recordedFrames: Frame[] }).recordedFrames))))
}

/** Runs in the page: writes down what is on the screen at every animation frame. */
function record(): void {
  const frames: Frame[] = []
  Object.assign(globalThis, { recordedFrames: frames })
  const text = (selector: string): string[] => Array.from(document.querySelectorAll(selector), element => element.textContent.trim().replace(/\s+/g, ' '))
  const look = (): void => {
    const frame: Frame = {
      status: text('.live-line [role="status"]').join(),
      rows: text('main li'),
      offersSignIn: text('a, button').includes('Sign in'),
    }
    if (JSON.stringify(frame) !== JSON.stringify(frames.at(-1)))
      frames.push(frame)
    requestAnimationFrame(look)
  }
  requestAnimationFrame(look)
}
