/**
 * `npm run docs:record`: records the pages of the playground into `docs/public/recordings`. It needs Chromium and ffmpeg. Each frame is a screenshot
 * after a step and has a length of its own, so a recording does not depend on the speed of the machine. Names after the command choose recordings.
 */
import type { Browser, FrameLocator, Locator, Page } from 'playwright-core'
import { Buffer } from 'node:buffer'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { launchBrowser } from '../../test/support/browser/browser.ts'
import { recordings } from './recordings.ts'
import { PATIENCE_MS, runPlayground, signInAsDemoUser } from './run-playground.ts'

const TARGET = join(import.meta.dirname, '../public/recordings')
const PORT = 5197
const URL = `http://localhost:${PORT}`
const SIZE = { width: 1120, height: 700 }

class Recorder {
  readonly page: Page
  readonly #folder = mkdtempSync(join(tmpdir(), 'convue-recording-'))
  readonly #frames: { file: string, ms: number }[] = []

  #cover: string | undefined

  constructor(page: Page) {
    this.page = page
  }

  /** Adds the screen as it is now, for a time. The cover is shown before the recording begins; otherwise, it is the last frame. */
  async hold(ms: number, isCover = false): Promise<void> {
    const file = join(this.#folder, `${this.#frames.length}.png`)
    await this.page.screenshot({ path: file, animations: 'disabled' })
    this.#frames.push({ file, ms })
    if (isCover)
      this.#cover = file
  }

  /** Types a text, with a frame for each two letters. */
  async type(type: (text: string) => Promise<void>, text: string): Promise<void> {
    for (let length = 2; length < text.length + 2; length += 2) {
      await type(text.slice(0, length))
      await this.hold(120)
    }
  }

  encode(name: string): void {
    const list = join(this.#folder, 'frames.txt')
    const lines = this.#frames.map(({ file, ms }) => `file '${file}'\nduration ${ms / 1000}`)
    // The concatenation ignores the length of its last entry unless another one follows.
    writeFileSync(list, `${lines.join('\n')}\nfile '${this.#frames.at(-1)!.file}'\n`)
    const input = ['-y', '-loglevel', 'error', '-f', 'concat', '-safe', '0', '-i', list]
    const fps = ['-vf', 'fps=10,scale=1120:-2:flags=lanczos']
    execFileSync('ffmpeg', [...input, ...fps, '-c:v', 'libvpx-vp9', '-crf', '42', '-b:v', '0', '-pix_fmt', 'yuv420p', '-an', join(TARGET, `${name}.webm`)])
    execFileSync('ffmpeg', ['-y', '-loglevel', 'error', '-i', this.#cover ?? this.#frames.at(-1)!.file, '-vf', 'scale=840:-2:flags=lanczos', '-c:v', 'libwebp', '-q:v', '70', join(TARGET, `${name}.webp`)])
    if (name === 'tasks')
      execFileSync('ffmpeg', [...input, '-vf', 'fps=5,scale=720:-2:flags=lanczos', '-c:v', 'libwebp_anim', '-q:v', '50', '-loop', '0', join(TARGET, 'live.webp')])
    rmSync(this.#folder, { recursive: true })
  }
}

/** The steps of each recording, after the demo user has signed in. */
const scripts: Record<string, (recorder: Recorder) => Promise<void>> = {
  async tasks(recorder) {
    const { left, right } = await openTwoWindows(recorder.page, '/tasks')
    const field = left.getByLabel('New task')
    await field.waitFor()
    await right.getByLabel('New task').waitFor()
    await recorder.hold(900)
    for (const task of ['Water the ferns', 'Call Grace']) {
      await recorder.type(text => field.fill(text), task)
      await field.press('Enter')
      await left.getByRole('main').getByRole('listitem').filter({ hasText: task }).waitFor()
      await right.getByRole('main').getByRole('listitem').filter({ hasText: task }).waitFor()
      await recorder.hold(1100, true)
    }
    await right.getByRole('main').getByRole('checkbox', { name: 'Water the ferns' }).click()
    await recorder.hold(1200)
    await left.getByRole('button', { name: 'Sign out' }).click()
    await right.getByText('Each task belongs to a user').waitFor()
    await left.getByText('Each task belongs to a user').waitFor()
    await recorder.hold(1800)
  },
  async queries(recorder) {
    const { page } = recorder
    const field = page.getByLabel('Name of a bird')
    await recorder.hold(800)
    await recorder.type(text => field.fill(text), 'barn')
    await recorder.hold(900)
    await recorder.type(text => field.fill(text), 'owl')
    await recorder.hold(1500)
  },
  async pagination(recorder) {
    const { page } = recorder
    await recorder.hold(700)
    await page.getByRole('button', { name: 'Fill the list' }).click()
    const more = page.getByRole('button', { name: 'Load 20 more' })
    await more.waitFor()
    await recorder.hold(900)
    await more.scrollIntoViewIfNeeded()
    await recorder.hold(700)
    await more.click()
    await page.getByRole('list', { name: 'Sightings' }).getByRole('listitem').nth(39).waitFor()
    await recorder.hold(1500)
  },
  async feed(recorder) {
    const { page } = recorder
    const field = page.getByLabel('Say something')
    await recorder.hold(700)
    await recorder.type(text => field.fill(text), 'Good morning')
    await page.getByRole('button', { name: 'Post' }).click()
    await page.getByRole('region', { name: 'Posts' }).getByText('Good morning').waitFor()
    await recorder.hold(1600)
  },
  async optimistic(recorder) {
    const { page } = recorder
    await recorder.hold(600)
    await page.getByRole('button', { name: 'Get six songs' }).click()
    const up = page.getByRole('button', { name: 'Move Last light up' })
    await up.waitFor()
    await page.getByLabel('Slow').check()
    await recorder.hold(900)
    await up.click()
    await recorder.hold(1200)
    await page.getByRole('button', { name: 'Like Last light' }).click()
    await recorder.hold(1500)
    await page.getByLabel('Fast').check()
  },
  async uploads(recorder) {
    const { page } = recorder
    await recorder.hold(800)
    const picture = execFileSync('ffmpeg', ['-loglevel', 'error', '-f', 'lavfi', '-i', 'gradients=s=480x320:c0=0x0a6c4f:c1=0xffe37a:n=2', '-frames:v', '1', '-f', 'image2pipe', '-c:v', 'png', '-'])
    await page.getByLabel('Choose pictures').setInputFiles({ name: 'morning.png', mimeType: 'image/png', buffer: Buffer.from(picture) })
    await recorder.hold(500)
    await page.getByRole('button', { name: 'Remove morning.png' }).waitFor()
    await showInMiddle(page.getByRole('region', { name: 'Your pictures' }))
    await recorder.hold(1600)
  },
  async forms(recorder) {
    const { page } = recorder
    const field = page.getByLabel('Bird', { exact: true })
    const report = page.getByRole('button', { name: 'Report' })
    await recorder.hold(800)
    await report.click()
    await page.getByText('Which bird was it?', { exact: true }).waitFor()
    await recorder.hold(1300)
    await page.getByLabel('wood').check()
    await recorder.type(text => field.fill(text), 'Dodo')
    await report.click()
    await page.getByText('The guide has no bird with the name Dodo.', { exact: true }).waitFor()
    await recorder.hold(1600, true)
    await recorder.type(text => field.fill(text), 'Raven')
    await report.click()
    const sightings = page.getByRole('region', { name: 'Your latest sightings' })
    await sightings.getByText('Raven, wood').first().waitFor()
    await showInMiddle(sightings)
    await recorder.hold(1600)
  },
  async offline(recorder) {
    const { page } = recorder
    await page.goto(`${URL}/feed`)
    for (const post of ['The herons are back', 'The owl is awake']) {
      await page.getByLabel('Say something').fill(post)
      await page.getByRole('button', { name: 'Post' }).click()
      await page.getByRole('region', { name: 'Posts' }).getByText(post).first().waitFor()
    }
    await page.goto(`${URL}/offline`)
    const app = page.getByRole('region', { name: 'The app' })
    await app.getByText('The owl is awake').first().waitFor()
    await app.getByText('authenticated', { exact: true }).waitFor()
    await showInMiddle(app)
    await recorder.hold(1200)
    await page.getByLabel('Offline').check()
    await recorder.hold(700)
    await page.getByRole('button', { name: 'Start again' }).click()
    await app.getByText('The owl is awake').first().waitFor()
    await app.getByText('true', { exact: true }).waitFor()
    await recorder.hold(1800, true)
    await page.getByLabel('Fast').check()
    await app.getByText('false', { exact: true }).waitFor()
    await recorder.hold(1600)
  },
  async outbox(recorder) {
    const { page } = recorder
    const field = page.getByLabel('A note')
    const waiting = page.getByRole('region', { name: 'Not written yet' })
    await page.getByLabel('Offline').check()
    await recorder.hold(800)
    for (const note of ['Water the ferns', 'Call Grace']) {
      await recorder.type(text => field.fill(text), note)
      await page.getByRole('button', { name: 'Add' }).click()
      await waiting.getByText(note, { exact: true }).waitFor()
      await recorder.hold(900, true)
    }
    await page.getByLabel('Fast').check()
    const notes = page.getByRole('region', { name: 'Your notes' })
    await notes.getByText('Call Grace').waitFor()
    await waiting.getByText('Every note is written.').waitFor()
    await showInMiddle(notes)
    await recorder.hold(1800)
  },
  async scrolling(recorder) {
    const { page } = recorder
    const fill = page.getByRole('button', { name: 'Fill the list' })
    const list = page.getByRole('region', { name: 'Sightings' })
    // Other recordings add sightings, and a list with a few of them cannot be scrolled.
    await page.goto(`${URL}/pagination`)
    const remove = page.getByRole('button', { name: 'Remove all rows' })
    await fill.or(remove).first().waitFor()
    if (await remove.isVisible()) {
      await remove.click()
      await page.getByText(/(?<!\d)0 rows loaded/).waitFor()
    }
    await page.goto(`${URL}/scrolling`)
    await fill.waitFor()
    await recorder.hold(800)
    await fill.click()
    await list.waitFor()
    await showInMiddle(list)
    await recorder.hold(1000)
    for (let rows = 40; rows <= 100; rows += 20) {
      // The list loads at a scroll event, and only after the page before has arrived.
      while (await list.getByRole('listitem').count() < rows) {
        await list.evaluate((element) => {
          element.scrollBy(0, -20)
          element.scrollTo(0, element.scrollHeight)
        })
        await delay(100)
      }
      await recorder.hold(700, true)
    }
    await page.getByRole('button', { name: 'Begin the conversation' }).click()
    const messages = page.getByRole('region', { name: 'Messages' })
    await messages.getByRole('listitem').nth(10).waitFor()
    const send = page.getByRole('button', { name: 'Send' })
    await showInMiddle(messages)
    await recorder.hold(1000)
    await recorder.type(text => page.getByLabel('Message', { exact: true }).fill(text), 'Good morning')
    await send.click()
    await messages.getByText('Good morning').last().waitFor()
    await recorder.hold(1600)
  },
  async tabs(recorder) {
    const { left, right } = await openTwoWindows(recorder.page, '/tabs.html')
    for (const tab of [left, right])
      await tab.locator('dl', { hasText: /share the connection\s*2/ }).waitFor()
    const add = left.getByRole('button', { name: 'Add a task' })
    await add.scrollIntoViewIfNeeded()
    await right.getByRole('button', { name: 'Add a task' }).scrollIntoViewIfNeeded()
    await recorder.hold(1500)
    for (let count = 1; count <= 2; count++) {
      const before = await right.getByRole('main').getByRole('checkbox').count()
      await add.click()
      await right.getByRole('main').getByRole('checkbox').nth(before).waitFor()
      await left.getByRole('main').getByRole('checkbox').nth(before).waitFor()
      await recorder.hold(1000)
    }
    await left.getByRole('main').getByRole('checkbox').first().click()
    await right.locator('input:checked').first().waitFor()
    await recorder.hold(1800)
  },
  async account(recorder) {
    const { page } = recorder
    await recorder.hold(900)
    await recorder.type(text => page.getByLabel('Current password').fill(text), 'not this one')
    await page.getByLabel('New password').fill('a brand new password')
    await page.getByRole('button', { name: 'Change password' }).click()
    await page.getByRole('main').getByRole('alert').first().waitFor()
    await recorder.hold(1800)
  },
  async presence(recorder) {
    const { page } = recorder
    const users = page.getByRole('region', { name: 'In the garden' }).getByRole('listitem')
    await users.first().waitFor()
    await recorder.hold(1000)
    const profile = await page.context().browser()!.newContext({ baseURL: URL })
    const data = { name: 'Grace', email: `grace${Date.now()}@example.com`, password: 'correct horse battery' }
    await profile.request.post('/api/auth/sign-up/email', { data, headers: { origin: URL } })
    const other = await profile.newPage()
    await other.goto('/presence')
    await users.filter({ hasText: 'here' }).nth(1).waitFor()
    await recorder.hold(1500, true)
    await other.getByRole('link', { name: 'coast' }).click()
    await users.filter({ hasText: 'left' }).waitFor()
    await recorder.hold(1500)
    await other.getByRole('link', { name: 'garden' }).click()
    await users.filter({ hasText: 'here' }).nth(1).waitFor()
    await recorder.hold(1000)
    await profile.close()
    await users.filter({ hasText: 'left' }).waitFor()
    await recorder.hold(1800)
  },
  async inspector(recorder) {
    await recorder.hold(1500)
    for (let step = 0; step < 3; step++) {
      // The browser paints what it has scrolled to in a later frame.
      await recorder.page.evaluate(() => {
        scrollBy(0, 300)
        return new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)))
      })
      await recorder.hold(1000)
    }
  },
  async mocks(recorder) {
    const links = recorder.page.getByRole('navigation', { name: 'State of the component' }).getByRole('link')
    await recorder.hold(900)
    for (let index = 1; index < await links.count(); index++) {
      await links.nth(index).click()
      await recorder.hold(1000)
    }
  },
}

/** The browser paints what it has scrolled to in a later frame. */
async function showInMiddle(part: Locator): Promise<void> {
  await part.evaluate((element) => {
    element.scrollIntoView({ block: 'center' })
    return new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)))
  })
}

/** Opens two pages of one browser side by side. */
async function openTwoWindows(page: Page, path: string): Promise<{ left: FrameLocator, right: FrameLocator }> {
  await page.route('**/two-windows', route => route.fulfill({ contentType: 'text/html', body: twoWindows(path) }))
  await page.goto(`${URL}/two-windows`)
  return { left: page.frameLocator('#left'), right: page.frameLocator('#right') }
}

function twoWindows(path: string): string {
  return `<!doctype html><style>body{margin:0;display:flex;gap:8px;background:#75877f}iframe{border:0;width:50%;height:100vh;background:#fff}</style>
    <iframe id="left" src="${path}"></iframe><iframe id="right" src="${path}"></iframe>`
}

/** Runs in the page. Hides the button of Vue DevTools, which would cover a part of the page. */
function hideDevTools(): void {
  addEventListener('DOMContentLoaded', () => {
    document.head.append(Object.assign(document.createElement('style'), { textContent: '#__vue-devtools-container__ { display: none }' }))
  })
}

async function record(browser: Browser, { name, path, title }: typeof recordings[number]): Promise<void> {
  const profile = await browser.newContext({ viewport: SIZE, colorScheme: 'light', reducedMotion: 'reduce' })
  profile.setDefaultTimeout(PATIENCE_MS)
  profile.setDefaultNavigationTimeout(PATIENCE_MS)
  await profile.addInitScript(hideDevTools)
  await signInAsDemoUser(profile, URL)
  const page = await profile.newPage()
  if (name !== 'tasks' && name !== 'tabs') {
    await page.goto(URL + path)
    await page.getByText('authenticated as').first().waitFor()
    await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' })
  }
  const recorder = new Recorder(page)
  await scripts[name]!(recorder)
  recorder.encode(name)
  await profile.close()
  console.log(`${name}: ${title}`)
}

mkdirSync(TARGET, { recursive: true })
await runPlayground('vite', PORT, async () => {
  const browser = await launchBrowser()
  const wanted = process.argv.slice(2)
  for (const recording of recordings.filter(({ name }) => wanted.length === 0 || wanted.includes(name)))
    await record(browser, recording).catch(error => console.error(`${recording.name}:`, error))
  await browser.close()
})
