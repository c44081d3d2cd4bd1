// @vitest-environment node
import type { ChildProcess } from 'node:child_process'
import type { Browser, Page } from 'playwright-core'
import type { Example } from './examples.ts'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFailed } from 'vitest'
import { plainEnv } from '../nuxt/build-app.ts'
import { launchBrowser } from '../support/browser/browser.ts'
import { freePort } from '../support/live/free-port.ts'
import { examples, nuxtExamples, ROOT, textsOf } from './examples.ts'
import { linkLibrary } from './library.ts'

/** The files of create-vite that the documentation does not replace. */
const CREATE_VITE = {
  'package.json': JSON.stringify({ name: 'my-app', private: true, type: 'module' }),
  'index.html': '<!doctype html><html lang="en"><head><meta charset="UTF-8" /><link rel="icon" href="data:," /><title>my-app</title></head>'
    + '<body><div id="app"></div><script type="module" src="/src/main.ts"></script></body></html>',
}

/** The files of create-nuxt that the documentation does not replace. */
const CREATE_NUXT = {
  'package.json': JSON.stringify({ name: 'my-app', private: true, type: 'module', dependencies: { convue: '*' } }),
}

const functions = examples.filter(({ file }) => file.startsWith('convex/'))

let browser: Browser
let folder: string
let child: ChildProcess | undefined
let log: string

beforeAll(async () => {
  browser = await launchBrowser()
})
afterEach(async () => {
  child?.kill()
  if (child && child.exitCode === null && child.signalCode === null)
    await once(child, 'exit')
  child = undefined
  await rm(folder, { recursive: true, force: true, maxRetries: 10 })
})
afterAll(() => browser?.close())

/** Creates an app outside of the repository, with unchanged files of the documentation and the packages of the repository. */
async function createApp(template: Record<string, string>, files: string[], from: Example[]): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), 'convue-first-steps-'))
  const chosen = from.filter(({ file }) => files.includes(file))
  expect(chosen.map(({ file }) => file).sort()).toEqual([...files].sort())
  for (const [file, text] of Object.entries({ ...template, ...textsOf([...functions, ...chosen]) })) {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await writeFile(join(folder, file), text)
  }
  await mkdir(join(folder, 'node_modules'))
  for (const name of await readdir(join(ROOT, 'node_modules'))) {
    if (name !== 'convue' && (name === '.bin' || !name.startsWith('.')))
      await symlink(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name))
  }
  await linkLibrary(folder)
}

/** Runs a command in the app until its output matches `until`. */
async function run(args: string[], env: Record<string, string>, until: RegExp): Promise<void> {
  log = ''
  const started = child = spawn(process.execPath, args, { cwd: folder, env: { ...plainEnv(), NO_COLOR: '1', ...env } })
  await new Promise<void>((resolve, reject) => {
    for (const stream of [started.stdout!, started.stderr!]) {
      stream.on('data', (chunk) => {
        log += chunk
        if (until.test(log))
          resolve()
      })
    }
    started.once('exit', code => reject(new Error(`node ${args.join(' ')} has ended with ${code}:\n${log}`)))
  })
}

async function openPage(): Promise<{ page: Page, problems: string[] }> {
  const page = await browser.newPage()
  page.setDefaultTimeout(120_000)
  const problems: string[] = []
  page.on('console', message => ['warning', 'error'].includes(message.type()) && problems.push(message.text()))
  page.on('pageerror', error => problems.push(String(error)))
  return { page, problems }
}

async function signUp(page: Page): Promise<void> {
  await page.getByLabel('Name').fill('Ada')
  await page.getByLabel('Email').fill('ada@example.com')
  await page.getByLabel('Password').fill('correct horse battery')
  await page.getByRole('button', { name: 'Sign up' }).click()
}

describe('new Vue app', () => {
  const files = ['vite.config.ts', 'src/auth-client.ts', 'src/main.ts', 'src/App.vue']

  it('starts with its deployment by `npx vite` and lets a user sign up', async () => {
    await createApp(CREATE_VITE, files, examples)
    const port = await freePort()
    await run(['node_modules/vite/bin/vite.js', '--port', String(port)], {}, /Functions: convex/)
    const { page, problems } = await openPage()
    await page.goto(`http://localhost:${port}`, { waitUntil: 'networkidle' })
    await signUp(page)
    await page.getByText('Ada').waitFor()
    await page.getByLabel('New task').fill('Water the plants')
    await page.getByRole('button', { name: 'Add' }).click()
    await page.getByRole('listitem').getByText('Water the plants').waitFor()

    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('I am new here').uncheck()
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('listitem').getByText('Water the plants').waitFor()
    expect(problems).toEqual([])
  })

  it('passes the tests of the documentation with `npx vitest run`', async () => {
    const tests = examples.filter(({ file, page, code }) => file.startsWith('test/') && page === 'docs/guides/testing-your-app.md' && code.includes('from \'vitest\''))
    expect(tests.length).toBeGreaterThan(1)
    await createApp(CREATE_VITE, ['vitest.config.ts', 'src/TaskList.vue', ...tests.map(({ file }) => file)], examples)
    for (const { file, code } of tests)
      await writeFile(join(folder, file.replace(/\.ts$/, '.test.ts')), code)
    await run(['-e', 'import("convue/testing").then(t => t.codegen()).then(() => console.log("written"))'], {}, /written/)
    // The limit of 20 seconds in the docs assumes a machine that runs nothing else.
    await run(['node_modules/vitest/vitest.mjs', 'run', '--testTimeout=200000'], {}, /Tests +\d/)
    expect(log).toMatch(new RegExp(`Tests +${tests.length} passed`))
  })
})

describe('new Nuxt app', () => {
  const files = ['nuxt.config.ts', 'app/app.vue', 'app/pages/index.vue', 'app/pages/sign-in.vue', 'app/pages/sign-up.vue']

  it('starts with its deployment by `npx nuxt dev` and lets a user sign up', async () => {
    await createApp(CREATE_NUXT, files, nuxtExamples)
    const port = await freePort()
    await run(['node_modules/nuxt/bin/nuxt.mjs', 'dev', '--port', String(port)], {}, /Nitro server built/)
    const { page, problems } = await openPage()
    onTestFailed(() => console.error(log))
    // One visit for each page: when Vite finds a new package, it reloads the page, which would lose a click. A build on a busy
    // machine may take minutes, so only the limit of the test applies.
    for (const [path, text] of [['/', 'Sign in'], ['/sign-in', 'I am new here'], ['/sign-up', 'I have an account']] as const) {
      await page.goto(`http://localhost:${port}${path}`, { waitUntil: 'networkidle', timeout: 0 })
      await page.getByRole('link', { name: text }).waitFor()
    }
    await signUp(page)
    await page.getByText('Hello Ada').waitFor()
    expect(await (await page.request.get(page.url())).text()).toContain('Hello Ada')
    // Nuxt answers with this status while it builds its server again for a package that Vite has found.
    expect(problems.filter(problem => !problem.includes('503 (Dev server is unavailable)'))).toEqual([])
  })
})
