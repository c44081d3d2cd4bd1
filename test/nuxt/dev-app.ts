/** Creates small Nuxt apps with Convex functions, and runs the commands of Nuxt in them. */
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { afterAll, vi } from 'vitest'
import { FUNCTIONS } from '../support/live/deployment.ts'
import { freePort } from '../support/live/free-port.ts'
import { tokenEnv } from '../support/live/tokens.ts'
import { plainEnv } from './build-app.ts'

const ROOT = join(import.meta.dirname, '../..')
/** On a busy machine, a restart may take more than a minute. */
const PATIENCE = { timeout: 240_000, interval: 50 }

const NUXT = join(ROOT, 'node_modules/nuxt/bin/nuxt.mjs')

/** A Nuxt app in a folder of its own, below the repository, so that its packages are found. */
export interface DevApp {
  root: string
  write: (file: string, text: string) => void
  read: (file: string) => string
  exists: (file: string) => boolean
  /** Runs `nuxt dev`. All servers end after the tests of the file. */
  dev: (options?: DevServerOptions) => Promise<DevServer>
  /** Copies folders of an app that may import `convue` in its functions. */
  copy: (from: string, folders: string[]) => void
  /** Runs another command of Nuxt, and returns its output. Throws the output if it fails. */
  run: (command: string) => Promise<string>
}

export interface DevServerOptions {
  /** @default any free port */
  port?: number
  /** @default this machine */
  host?: string
  /**
   * Whether Nuxt keeps two processes ready, with one of which it restarts when `.env` changes. They
   * take time to start. @default false
   */
  fork?: boolean
  env?: Record<string, string>
}

export interface DevServer {
  /** The origin that Nuxt prints. */
  readonly url: string
  /** The console output of all processes. */
  readonly log: string
  /** Runs a function that makes Nuxt restart, and waits until the server answers again. */
  restart: (cause: () => void) => Promise<void>
  /** Requests a page, which may be built first. */
  get: (path: string, cookie?: string) => Promise<{ status: number, html: string }>
  /** Signs up a user through the app, for a page of this origin, and returns the status and the cookies. */
  signUp: (name: string, origin?: string) => Promise<{ status: number, cookie: string }>
  /** Ends Nuxt with a signal, and waits for the end. */
  stop: (signal?: NodeJS.Signals) => Promise<void>
}

/** The page shows the user, the tasks, and the address of the deployment, and adds a task. */
const PAGE = `<script setup>
import { api } from '#convex/api'
const { data: tasks } = await useAuthedQuery(api.tasks.list)
const adding = useConvexMutation(api.tasks.add)
const { user } = useConvexAuth()
const { url } = useRuntimeConfig().public.convex
</script>
<template><p>Hello {{ user?.name ?? 'stranger' }}</p><p v-for="task in tasks" :key="task._id">{{ task.text }}</p><p id="url">{{ url }}</p><button @click="adding.mutate({ text: 'Buy milk' })">Add</button></template>\n`

/** Creates an app. Must be called at the top level of a test file. */
export function useDevApps(): (options?: { functions?: boolean }) => DevApp {
  const folders: string[] = []
  const running = new Set<ChildProcess>()
  afterAll(async () => {
    await Promise.all([...running].map(child => end(child)))
    for (const folder of folders)
      rmSync(folder, { recursive: true, force: true })
  })

  return ({ functions = true } = {}) => {
    mkdirSync(join(ROOT, '.vite-apps'), { recursive: true })
    const workspace = mkdtempSync(join(ROOT, '.vite-apps/nuxt-'))
    const root = join(workspace, 'web')
    folders.push(workspace)
    const write = (file: string, text: string): void => {
      mkdirSync(dirname(join(root, file)), { recursive: true })
      writeFileSync(join(root, file), text)
    }
    write('nuxt.config.ts', configOf())
    write('app/app.vue', PAGE)
    const copy = (from: string, to: string): void => {
      cpSync(from, join(root, to), { recursive: true, filter: path => !path.includes('_generated') })
    }
    if (functions) {
      copy(FUNCTIONS, 'convex')
      write('convex/.env', Object.entries({ ...tokenEnv, PLAIN_PASSWORDS: 'true' }).map(([name, value]) => `${name}='${value}'\n`).join(''))
    }

    const start = (args: string[], env: Record<string, string> = {}): ChildProcess => {
      const child = spawn(process.execPath, [NUXT, ...args], { cwd: root, env: { ...plainEnv(), ...env } })
      running.add(child)
      child.once('exit', () => running.delete(child))
      return child
    }
    return {
      root,
      write,
      read: file => readFileSync(join(root, file), 'utf8'),
      exists: file => existsSync(join(root, file)),
      copy(from, folders) {
        for (const folder of folders)
          copy(join(from, folder), folder)
        // The deployment bundles the functions, and finds packages only in `node_modules`.
        write('convex/node_modules/convue/package.json', '{ "type": "module", "exports": { "./convex": "./convex.ts" } }')
        write('convex/node_modules/convue/convex.ts', `export * from '${ROOT}/src/convex/index.ts'\n`)
      },
      async dev({ port, host, fork = false, env } = {}) {
        const flags = [...host ? ['--host', host] : [], ...fork ? [] : ['--no-fork']]
        return await serve(start(['dev', '--port', String(port ?? await freePort()), ...flags], env))
      },
      async run(command) {
        const child = start([command])
        const output = collect(child)
        const [code] = await once(child, 'exit')
        if (code !== 0)
          throw new Error(`nuxt ${command} failed:\n${output()}`)
        return output()
      },
    }
  }
}

/** The configuration of an app, which uses module and library as source. */
export function configOf(convex = '{}', rest = ''): string {
  return `import { buildConfig } from '../../../test/nuxt/build-config.ts'
const { buildDir, nitro, ...shared } = buildConfig
export default defineNuxtConfig({ ...shared, convex: ${convex}, ${rest} })\n`
}

async function serve(child: ChildProcess): Promise<DevServer> {
  const output = collect(child)
  const builds = (): number => output().split('Nitro server built').length - 1
  await new Promise<void>((resolve, reject) => {
    child.stdout!.on('data', () => builds() > 0 && resolve())
    child.once('exit', () => reject(new Error(`nuxt dev has ended:\n${output()}`)))
  })
  const url = /Local:\s+(http:\/\/\S+?)\/?\s/.exec(output())![1]!
  // Until the server runs, Nuxt answers with a page that says so.
  const ready = (): Promise<unknown> => vi.waitUntil(async () => (await fetch(url)).status !== 503, PATIENCE)
  await ready()
  return {
    url,
    get log() {
      return output()
    },
    async restart(cause) {
      const before = builds()
      cause()
      await vi.waitUntil(() => builds() > before, PATIENCE)
      await ready()
    },
    async get(path, cookie = '') {
      const response = await fetch(url + path, { headers: cookie ? { cookie } : {} })
      return { status: response.status, html: await response.text() }
    },
    async signUp(name, origin = url) {
      const response = await fetch(`${url}/api/auth/sign-up/email`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin },
        body: JSON.stringify({ name, email: `${name.toLowerCase()}@example.com`, password: 'correct horse battery' }),
      })
      const cookie = response.headers.getSetCookie().map(text => text.split(';')[0]).join('; ')
      return { status: response.status, cookie }
    },
    stop: signal => end(child, signal),
  }
}

/** The output so far, without colours. */
function collect(child: ChildProcess): () => string {
  let text = ''
  for (const stream of [child.stdout!, child.stderr!])
    stream.on('data', chunk => text += chunk)
  // eslint-disable-next-line no-control-regex
  return () => text.replaceAll(/\u001B\[[\d;]*m/g, '')
}

async function end(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null)
    return
  const ended = once(child, 'exit')
  child.kill(signal)
  await ended
}
