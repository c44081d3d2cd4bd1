import type { Deployment } from 'convue/testing'
import type { App } from 'vue'
import type { Example, Step } from './examples.ts'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { VueQueryPlugin } from '@tanstack/vue-query'
import { createConvex } from 'convue'
import { startDeployment } from 'convue/testing'
import { createPinia } from 'pinia'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createApp, h, Suspense } from 'vue'
import { WebSocket } from 'ws'
import { expectConsole } from '../support/environment/console-guard.ts'
import { eventually } from '../support/environment/eventually.ts'
import { createBrowserFetch } from '../support/live/deployment.ts'
import { NodeXhr } from '../support/live/node-xhr.ts'
import { allExamples, APP, examples, pages, ROOT, writeApp } from './examples.ts'
import { isAnonymous, signUpAda, visit } from './visit.ts'
import 'fake-indexeddb/auto'

const ADA = { email: 'ada@example.com', password: 'correct horse battery', name: 'Ada' }

// Relative paths in the examples start at the app.
process.chdir(ROOT)
await writeApp()
process.chdir(APP)

/** The type errors of the examples. Errors of the library's source are excluded: `npm run types` reports those. */
const typeCheck = new Promise<string[]>((resolve) => {
  execFile(join(ROOT, 'node_modules/.bin/vue-tsc'), ['-b', '--noEmit', '--pretty', 'false', APP], { cwd: APP }, (error, output) => {
    const found = output.split('\n').filter(line => /^\S.*: error TS/.test(line))
    resolve(error && found.length === 0 ? [error.message, output] : found.filter(line => !line.startsWith('../src/')))
  })
})

const load = (file: string): Promise<any> => import(/* @vite-ignore */ join(APP, file))

/** `vite-ssr.test.ts` runs the examples of an app that renders on a server. */
const ofPages = examples.filter(({ file }) => file.startsWith('src/') && !file.startsWith('src/ssr/'))
const components = ofPages.filter(({ file }) => file.endsWith('.vue'))
const modules = ofPages.filter(({ file }) => file.endsWith('.ts'))
const ofTesting = examples.filter(({ file }) => file.startsWith('test/'))
/** Includes functions for hosts, which are in the folders that each host requires. */
const ofServers = examples.filter(({ file }) => /^(?:server|api|netlify|worker)\//.test(file))
const ofTools = examples.filter(({ file }) => !/^(?:src|test|convex|scripts)\//.test(file) && !ofServers.some(server => server.file === file))

describe('examples', () => {
  it('are found, and have a different file each', () => {
    expect(Math.min(components.length, modules.length, ofTesting.length, ofServers.length)).toBeGreaterThan(2)
    expect(components.filter(({ steps }) => !steps.some(({ action }) => action === 'shows')), 'components without a check of their content').toEqual([])
    expect(allExamples).toHaveLength([...pages.values()].join('\n').match(/```(?:ts|vue)/g)!.length)
    expect(examples.map(({ file }) => file).filter((file, index, files) => files.indexOf(file) !== index)).toEqual([])
  })
})

describe('examples on a page', () => {
  let deployment: Deployment
  let ada: string
  let seed: any
  let authClient: any
  let app: App | undefined

  beforeAll(async () => {
    deployment = await startDeployment({ functions: join(APP, 'convex') })
    const browserFetch = createBrowserFetch()
    const send = fetch
    vi.stubGlobal('fetch', (input: string | URL | Request, init?: RequestInit) => {
      // `browserFetch` sends its own requests by this function.
      if (input instanceof Request)
        return send(input)
      const url = new URL(input, location.href)
      return browserFetch(url.origin === location.origin ? `${deployment.siteUrl}${url.pathname}${url.search}` : url, init)
    })
    vi.stubGlobal('WebSocket', WebSocket)
    vi.stubGlobal('XMLHttpRequest', NodeXhr)
    vi.stubEnv('VITE_CONVEX_URL', deployment.url)
    authClient = (await load('src/auth-client.ts')).authClient
    // The session of the client stays current while no example is mounted.
    authClient.$store.atoms.session.listen(() => {})
    seed = (await load('convex/_generated/api.js')).internal.seed
    ada = (await authClient.signUp.email(ADA)).data.user.id
  })
  beforeEach(async () => {
    // Vue logs that `<Suspense>` is an experimental feature.
    vi.spyOn(console, 'info').mockImplementation(() => {})
    document.body.innerHTML = '<div id="app"></div>'
    await deployment.mutation(seed.reset, { ada })
  })
  afterEach(async () => {
    app?.unmount()
    app = undefined
    await eventually(() => deployment.connections).toEqual([])
  })
  afterAll(() => {
    vi.unstubAllGlobals()
    return deployment.close()
  })

  async function signIn({ steps }: Example): Promise<void> {
    const mustBeAda = !isAnonymous(steps.find(({ action }) => action === 'as')?.value ?? 'Ada')
    const { data } = await authClient.getSession()
    const isAda = data?.user.email === ADA.email
    if (data && !(mustBeAda && isAda))
      await authClient.signOut()
    if (mustBeAda && !isAda)
      await authClient.signIn.email(ADA)
    // Otherwise, the example would begin with the previous session, and its identity would change between two steps.
    await eventually(() => authClient.$store.atoms.session.value.data?.user.email).toBe(mustBeAda ? ADA.email : undefined)
  }

  const shownText = (): string => document.body.textContent!.replace(/\s+/g, ' ')

  function find<Found extends HTMLElement>(selector: string, text = ''): Found | undefined {
    return [...document.querySelectorAll<Found>(selector)].find(element => element.textContent!.trim() === text || !text)
  }

  function findField(label: string): HTMLInputElement | undefined {
    if (!label)
      return find<HTMLInputElement>('input:not([type=file])')
    return find('label', label)?.querySelector('input') ?? undefined
  }

  async function take({ action, value }: Step): Promise<void> {
    switch (action) {
      case 'as':
        return
      case 'shows':
        return await eventually(shownText).toContain(value)
      case 'hides':
        return await eventually(shownText).not.toContain(value)
      case 'fill': {
        // `Label=value`, or the value of the first field.
        const [, label = '', text = ''] = /^(?:([^=]+)=)?(.*)$/.exec(value)!
        await eventually(() => findField(label)).toBeTruthy()
        const input = findField(label)!
        input.value = text
        input.dispatchEvent(new window.Event('input'))
        return
      }
      case 'choose': {
        await eventually(() => find('input[type=file]')).toBeTruthy()
        const input = find<HTMLInputElement>('input[type=file]')!
        Object.defineProperty(input, 'files', { value: [new File(['a picture'], value, { type: 'image/png' })] })
        input.dispatchEvent(new window.Event('change'))
        return
      }
      case 'click':
        await eventually(() => find<HTMLButtonElement>('button, a', value)?.disabled).toBeFalsy()
        await eventually(() => find('button, a, label', value)).toBeTruthy()
        return find('button, a, label', value)!.click()
      case 'logs':
        return expectConsole(new RegExp(value))
      default:
        throw new Error(`Unknown step of an example: ${action}`)
    }
  }

  it.for(components)('mounts $file and passes its steps', async (example) => {
    await signIn(example)
    const { default: component } = await load(example.file)
    const convex = createConvex({ url: deployment.url, authClient, lingerMs: 0 })
    app = createApp({ render: () => h(Suspense, null, { default: () => h(component) }) }).use(convex).use(createPinia()).use(VueQueryPlugin)
    const errors: unknown[] = []
    app.config.errorHandler = error => void errors.push(error)
    app.mount('#app')
    await eventually(() => document.querySelectorAll('#app > *').length).toBeGreaterThan(0)
    for (const step of example.steps)
      await take(step)
    expect(errors).toEqual([])
  })

  it.for(modules)('runs $file and passes its steps', async (example) => {
    await signIn(example)
    const exported = Object.values(await load(example.file)) as { close?: () => Promise<void> }[]
    app = (document.querySelector('#app') as { __vue_app__?: App } | null)?.__vue_app__
    for (const step of example.steps)
      await take(step)
    await Promise.all(exported.map(async value => typeof value?.close === 'function' && value.close()))
  })
})

describe('examples on a server', () => {
  const origin = 'http://localhost:5173'
  let deployment: Deployment
  let ada: { id: string, cookie: string }
  beforeAll(async () => {
    deployment = await startDeployment({ functions: join(APP, 'convex'), siteUrl: origin })
    ada = await signUpAda(deployment, origin)
    vi.stubEnv('CONVEX_URL', deployment.url)
    vi.stubEnv('CONVEX_SITE_URL', deployment.siteUrl)
  })
  beforeEach(async () => {
    const { internal } = await load('convex/_generated/api.js')
    await deployment.mutation(internal.seed.reset, { ada: ada.id })
  })
  afterAll(() => {
    vi.unstubAllEnvs()
    return deployment.close()
  })

  it.for(ofServers)('run $file, which answers the requests of the example as expected', async (example) => {
    const { default: app } = await load(example.file)
    const respond = app?.fetch ?? app
    if (respond)
      await visit(example, origin, ada.cookie, request => respond(request, { address: '127.0.0.1' }))
  })
})

describe('examples of configuration files', () => {
  it.for(ofTools)('loads $file', async ({ file }) => {
    expect((await load(file)).default).toBeTruthy()
  })
})

// Last, because the type check runs while the other tests do.
describe('types of the examples', () => {
  it('have no errors', async () => {
    expect(await typeCheck).toEqual([])
  })
})
