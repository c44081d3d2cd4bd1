import type { AddressInfo } from 'node:net'
// Checks what no test of the sources can check: the packed module works in an app outside of this repository. There, an app can import only
// the packages on which it depends itself, as pnpm installs them.
import assert from 'node:assert/strict'
import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePort } from '../support/live/free-port.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const app = mkdtempSync(join(tmpdir(), 'convue-packed-'))

const NUXT = join(app, 'node_modules/nuxt/bin/nuxt.mjs')
const env = { ...process.env, NUXT_TELEMETRY_DISABLED: '1' }

/** The dependencies of an app with Nuxt and the playground's functions. Convue must not require any other package. */
const INSTALLED = ['@convex-dev/better-auth', '@convex-dev/presence', 'better-auth', 'convex', 'nuxt', 'typescript', 'vue', 'vue-router', 'vue-tsc']
/** The dependencies that are also peers of Convue. */
const PEERS = ['better-auth', 'convex', 'nuxt', 'vue']

try {
  const modules = join(app, 'node_modules')
  const convue = join(modules, '.store/convue/node_modules/convue')
  for (const name of INSTALLED)
    link(join(root, 'node_modules', name), join(modules, name))
  for (const name of PEERS)
    link(join(root, 'node_modules', name), join(dirname(convue), name))
  const [{ filename }] = JSON.parse(run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', app], root))
  mkdirSync(convue)
  run('tar', ['xzf', join(app, filename), '--strip-components', '1', '-C', convue], app)
  link(convue, join(modules, 'convue'))

  cpSync(join(root, 'playground/convex'), join(app, 'convex'), { recursive: true, filter: path => !path.endsWith('tsconfig.json') })
  // The playground uses the sources of the package.
  for (const name of readdirSync(join(app, 'convex')).filter(name => name.endsWith('.ts'))) {
    const file = join(app, 'convex', name)
    writeFileSync(file, readFileSync(file, 'utf8').replace('../../src/convex/index', 'convue/convex'))
  }
  const dependencies = Object.fromEntries(['convue', ...INSTALLED].map(name => [name, '*']))
  write('package.json', JSON.stringify({ name: 'packed', private: true, type: 'module', dependencies }))
  write('tsconfig.json', JSON.stringify({
    files: [],
    references: ['app', 'server', 'shared', 'node'].map(name => ({ path: `./.nuxt/tsconfig.${name}.json` })),
  }))
  write('nuxt.config.ts', `export default defineNuxtConfig({
  convex: { url: 'https://happy-otter-123.convex.cloud' },
})
`)
  await addModule()
  write('app/pages/index.vue', `<script setup lang="ts">
import { api } from '#convex/api'

definePageMeta({ auth: false })
const { data } = useAuthedQuery(api.tasks.list, { filter: 'all' })
const first: string | undefined = data.value?.[0]?.text
const { user, signIn } = useUserSession()
const client = useAuthClient()
// @ts-expect-error the value is typed
const wrongSignIn: number = signIn.email
// @ts-expect-error the value is typed
const wrongSignOut: number = client.signOut
// @ts-expect-error the value is typed
const wrongText: number | undefined = data.value?.[0]?.text
</script>

<template>
  <Authenticated>Hello {{ user?.name }} {{ first }} {{ [wrongSignIn, wrongSignOut, wrongText] }}</Authenticated>
  <Unauthenticated>You are signed out</Unauthenticated>
</template>
`)
  write('server/api/tasks.get.ts', `import { api } from '#convex/api'

export default defineEventHandler(async (event) => {
  const { user } = await requireConvexUser(event)
  const tasks = await useConvexServer(event).fetchAuthQuery(api.tasks.list, { filter: 'all' })
  // @ts-expect-error the value is typed
  const wrong: number | undefined = tasks[0]?.text
  return { name: user.name, wrong }
})
`)
  write('types.d.ts', 'declare const process: { env: Record<string, string | undefined> }\n')

  nuxt('build')
  await visit([join(app, '.output/server/index.mjs')])
  nuxt('typecheck')
  write('app/auth-client.ts', `import { convexClient } from '@convex-dev/better-auth/client/plugins'
import { usernameClient } from 'better-auth/client/plugins'
import { createAuthClient } from 'better-auth/vue'

export const authClient = createAuthClient({ plugins: [convexClient(), usernameClient()] })
`)
  write('app/pages/own.vue', `<script setup lang="ts">
// Only the app's own client has this method.
const { signIn } = useUserSession()
const client = useAuthClient()
const enter = () => signIn.username({ username: 'ada', password: 'correct horse battery' })
// @ts-expect-error the value is typed
const isFree = (): number => client.isUsernameAvailable
</script>

<template>
  <button @click="enter(), isFree()" />
</template>
`)
  nuxt('typecheck')
  nuxt('generate')
  const html = readFileSync(join(app, '.output/public/index.html'), 'utf8')
  assert.match(html, /id="__nuxt"/)
  assert.doesNotMatch(html, /You are signed out/)
  assert.doesNotMatch(html, /eyJ/)
  await visit([NUXT, 'dev'])
}
finally {
  rmSync(app, { recursive: true, force: true })
}
console.log('The packed Nuxt module works.')

function write(path: string, text: string): void {
  mkdirSync(join(app, path, '..'), { recursive: true })
  writeFileSync(join(app, path), text)
}

/**
 * Adds the module as a user would, with `nuxi module add`. It reads in the registry that the package is a module, and
 * Nuxt finds the module by the name of the package.
 */
async function addModule(): Promise<void> {
  const manifest = JSON.parse(readFileSync(join(app, 'node_modules/convue/package.json'), 'utf8')) as { version: string }
  const registry = createServer((request, response) => {
    const isKnown = request.url === '/convue'
    response.writeHead(isKnown ? 200 : 404, { 'content-type': 'application/json' })
    response.end(JSON.stringify(isKnown && { 'dist-tags': { latest: manifest.version }, 'versions': { [manifest.version]: manifest } }))
  })
  registry.listen(0, '127.0.0.1')
  await once(registry, 'listening')
  try {
    const { port } = registry.address() as AddressInfo
    const withRegistry = { ...env, COREPACK_NPM_REGISTRY: `http://127.0.0.1:${port}` }
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [NUXT, 'module', 'add', 'convue'], { cwd: app, env: withRegistry })
    assert.match(readFileSync(join(app, 'nuxt.config.ts'), 'utf8'), /modules: \[\s*['"]convue['"],?\s*\]/, stdout + stderr)
  }
  finally {
    registry.close()
  }
}

function link(target: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(target, path)
}

function nuxt(command: string): void {
  run(process.execPath, [NUXT, command], app)
}

/**
 * Starts a server of the app, and requests its page and an auth route. Throws an error with the output of the server if
 * it does not answer.
 */
async function visit(args: string[]): Promise<void> {
  const port = await freePort()
  const server = spawn(process.execPath, args, { cwd: app, env: { ...env, HOST: 'localhost', PORT: String(port) } })
  let log = ''
  for (const stream of [server.stdout, server.stderr])
    stream.on('data', chunk => log += chunk)
  try {
    const page = await answerOf(`http://localhost:${port}/`)
    assert.match(page, /You are signed out/)
    // The proxy itself answers this request, so no deployment is needed.
    const refusal = await fetch(`http://localhost:${port}/api/auth/ok`, { method: 'DELETE' })
    assert.deepEqual([refusal.status, (await refusal.json() as { code: string }).code], [405, 'METHOD_NOT_ALLOWED'])
  }
  catch (error) {
    throw new Error(`${args.join(' ')} does not answer:\n${log}`, { cause: error })
  }
  finally {
    const ended = once(server, 'exit')
    server.kill()
    await ended
  }
}

/** Requests a page until the server responds with success, and returns the page. */
async function answerOf(url: string): Promise<string> {
  const deadline = performance.now() + 120_000
  for (;;) {
    const response = await fetch(url, { headers: { accept: 'text/html' } }).catch(() => null)
    if (response?.ok)
      return await response.text()
    assert.ok(performance.now() < deadline, `${url} answers with ${response?.status ?? 'nothing'}`)
    await new Promise(resolve => setTimeout(resolve, 200))
  }
}

/**
 * Runs a program, and returns its output. Throws an error with the whole output if the program
 * fails.
 */
function run(program: string, args: string[], cwd: string): string {
  try {
    return execFileSync(program, args, { cwd, encoding: 'utf8', stdio: 'pipe', env })
  }
  catch (error) {
    const { stdout, stderr } = error as { stdout: string, stderr: string }
    throw new Error(`${program} ${args.join(' ')} failed:\n${stdout}\n${stderr}`, { cause: error })
  }
}
