/** Tries the package with the next Nuxt, which is built on Nitro 3 and h3 2. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import process from 'node:process'
import { freePort } from '../../support/live/free-port.ts'
import { run, runNode, versionIn, write, writeJson } from './run.ts'

const PAGE = `<script setup lang="ts">
const { data } = useConvexQuery('tasks:list', {}, { ssr: false })
</script>

<template>
  <Authenticated>{{ data }}</Authenticated>
  <Unauthenticated>You are signed out</Unauthenticated>
</template>
`

/** The page, and a route of the auth proxy, which answers this request without a deployment. */
const REQUESTS = [
  { path: '/', method: 'GET', answer: /You are signed out/ },
  { path: '/api/auth/ok', method: 'DELETE', answer: /METHOD_NOT_ALLOWED/ },
]

/**
 * Builds an app with the nightly version of the next Nuxt, and requests its page and a route of the auth proxy. The next
 * Nuxt is not supported yet: a failure is reported early, and does not fail the command.
 * src/nuxt/runtime/server/nitro.ts contains everything that the module imports from Nitro and h3.
 *
 * @param app A folder for the app.
 * @param packed The path of the packed package.
 */
export async function tryNextNuxt(app: string, packed: string): Promise<void> {
  let versions = 'nuxt-nightly'
  try {
    await install(app, packed)
    versions = ['nuxt', 'nitro', 'h3'].map(name => `${name} ${versionIn(app, name)}`).join(', ')
    await runNode([join(app, 'node_modules/nuxt/bin/nuxt.mjs'), 'build'], app)
    await visit(app)
    console.log(`The next Nuxt works: ${versions}.`)
  }
  catch (error) {
    console.warn(`The next Nuxt (${versions}) does not work yet (this does not fail the check):\n${(error as Error).message}`)
  }
}

async function install(app: string, packed: string): Promise<void> {
  writeJson(join(app, 'package.json'), {
    name: 'next-nuxt',
    private: true,
    type: 'module',
    dependencies: {
      'nuxt': 'npm:nuxt-nightly@latest',
      // The nightly version does not build with Vite 8.4.
      'vite': '~8.3.8',
      'vue': 'latest',
      'vue-router': 'latest',
      'convex': 'latest',
      'better-auth': '~1.6.34',
      '@convex-dev/better-auth': '^0.12.5',
      'typescript': 'latest',
      'convue': `file:${packed}`,
    },
  })
  write(join(app, 'nuxt.config.ts'), `export default defineNuxtConfig({
  modules: ['convue/nuxt'],
  convex: { url: 'https://happy-otter-123.convex.cloud' },
})
`)
  write(join(app, 'app/pages/index.vue'), PAGE)
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts', '--legacy-peer-deps'], app)
}

/** Starts the built server, and throws an error with its output if an answer is wrong. */
async function visit(app: string): Promise<void> {
  const port = await freePort()
  const env = { ...process.env, HOST: '127.0.0.1', PORT: String(port) }
  const server = spawn(process.execPath, [join(app, '.output/server/index.mjs')], { cwd: app, env })
  let output = ''
  for (const stream of [server.stdout, server.stderr])
    stream.on('data', chunk => output += chunk)
  try {
    for (const { path, method, answer } of REQUESTS) {
      const text = await answerOf(`http://127.0.0.1:${port}${path}`, method, () => server.exitCode !== null)
      if (!answer.test(text))
        throw new Error(`The server answers ${method} ${path} with:\n${text.slice(0, 1000)}`)
    }
  }
  catch (error) {
    throw new Error(`${(error as Error).message}\n${output}`, { cause: error })
  }
  finally {
    if (server.exitCode === null) {
      const ended = once(server, 'exit')
      server.kill()
      await ended
    }
  }
}

/** Requests an address until the server answers. */
async function answerOf(url: string, method: string, hasEnded: () => boolean): Promise<string> {
  const deadline = performance.now() + 60_000
  for (;;) {
    const response = await fetch(url, { method, headers: { accept: 'text/html' } }).catch(() => null)
    if (response)
      return await response.text()
    if (hasEnded())
      throw new Error('The server has ended.')
    if (performance.now() > deadline)
      throw new Error(`The server does not answer ${url}.`)
    await new Promise(resolve => setTimeout(resolve, 200))
  }
}
