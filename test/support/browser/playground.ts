import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page, Request, ViewportSize } from 'playwright-core'
import type { Playground } from './start-playground.ts'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { freePort } from '../live/free-port.ts'
import { launchBrowser } from './browser.ts'
import { startPlayground } from './start-playground.ts'

/** The account of a user. */
export interface Person {
  name: string
  email: string
  password: string
}

/** A page of the playground, with records of what it has shown, sent and received. */
export interface Window {
  page: Page
  /** The states of the screen so far, oldest first. */
  frames: () => Promise<Frame[]>
  /** Expects warnings or errors that the test causes on purpose. */
  expectProblem: (pattern: RegExp) => void
  /** The paths of the requests to Better Auth. */
  authRequests: string[]
  /** For each socket to the deployment, the types of the messages that the page has sent. */
  sent: string[][]
  /** The types of the messages that the page has received from the deployment. */
  received: string[]
}

/** One state of the screen. Consecutive identical frames count as one state. */
export interface Frame {
  /** The text of the page about the auth status. */
  status: string
  /** The rows of the list in the main part of the page. */
  rows: string[]
  /** Whether the page offers to sign in. */
  offersSignIn: boolean
}

export interface PlaygroundFixture {
  readonly playground: Playground
  /** Opens another browser profile, with its own cookies and storage. */
  openProfile: (viewport?: ViewportSize, options?: BrowserContextOptions) => Promise<BrowserContext>
  openWindow: (profile: BrowserContext, path: string) => Promise<Window>
  /** Creates an account without opening a page, and signs the browser profile in. Resolves with the user's id. */
  signUp: (profile: BrowserContext, person: Person) => Promise<string>
}

/**
 * How long a test waits for a condition, in milliseconds. Sign-ups hash passwords, and a dev server compiles a page at
 * its first visit.
 */
const PATIENCE_MS = 120_000

/** Uses a free port, since several test files run at the same time. */
async function startBuilt(): Promise<Playground> {
  return await startPlayground({ port: await freePort() })
}

/**
 * Starts one playground and one browser for a test file. By default, the playground uses an embedded deployment. Each
 * warning, each error in the console and each uncaught error of a page fails the test.
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

    async openProfile(viewport, options) {
      const profile = await browser.newContext({ baseURL: playground.url, viewport, ...options })
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

/** Returns the account of a new user. */
export function person(name: string): Person {
  return { name, email: `${name.toLowerCase()}${++people}@example.com`, password: 'correct horse battery' }
}

/** Fills in the form of the sign-in page, and submits it. */
export async function signIn(page: Page, { email, password }: Person): Promise<void> {
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.locator('form').getByRole('button', { name: 'Sign in', exact: true }).click()
}

/** The row of a task in the list. */
export function taskRow(page: Page, text: string): Locator {
  return page.getByRole('main').getByRole('listitem').filter({ hasText: text })
}

/** Runs in the page. Resolves with all recorded states once the current state has been recorded. */
function framesSoFar(): Promise<Frame[]> {
  return new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(() => resolve((globalThis as unknown as { recordedFrames: Frame[] }).recordedFrames))))
}

/** Runs in the page. Records the state of the screen in every animation frame. */
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
