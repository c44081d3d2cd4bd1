// What no test on sources can see: the packed module serves an app outside of this repository, which has no more than its peers.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const app = mkdtempSync(join(tmpdir(), 'convue-packed-'))

/** What an app with Nuxt, Convex and Better Auth does not install for Convue's sake. */
const NOT_INSTALLED = ['convex-test', 'convue']

try {
  const modules = join(app, 'node_modules')
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (!name.startsWith('.') && !NOT_INSTALLED.includes(name)) {
      mkdirSync(modules, { recursive: true })
      symlinkSync(join(root, 'node_modules', name), join(modules, name))
    }
  }
  const [{ filename }] = JSON.parse(run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', app], root))
  mkdirSync(join(modules, 'convue'))
  run('tar', ['xzf', join(app, filename), '--strip-components', '1', '-C', join(modules, 'convue')], app)

  cpSync(join(root, 'playground/convex'), join(app, 'convex'), { recursive: true, filter: path => !path.endsWith('tsconfig.json') })
  write('package.json', JSON.stringify({ name: 'packed', private: true, type: 'module' }))
  write('tsconfig.json', JSON.stringify({
    files: [],
    references: ['app', 'server', 'shared', 'node'].map(name => ({ path: `./.nuxt/tsconfig.${name}.json` })),
  }))
  write('nuxt.config.ts', `export default defineNuxtConfig({
  modules: ['convue/nuxt'],
  convex: { url: 'https://happy-otter-123.convex.cloud' },
})
`)
  write('app/pages/index.vue', `<script setup lang="ts">
import { api } from '#convex/api'

definePageMeta({ auth: false })
const { data } = useAuthedQuery(api.tasks.list, { filter: 'all' })
const first: string | undefined = data.value?.[0]?.text
const { user, signIn } = useUserSession()
const client = useAuthClient()
// @ts-expect-error These have types.
const wrong: number = [signIn.email, client.signOut, data.value?.[0]?.text]
</script>

<template>
  <Authenticated>Hello {{ user?.name }} {{ first }} {{ wrong }}</Authenticated>
</template>
`)
  write('server/api/tasks.get.ts', `import { api } from '#convex/api'

export default defineEventHandler(async (event) => {
  const { user } = await requireConvexUser(event)
  const tasks = await useConvexServer(event).fetchAuthQuery(api.tasks.list, { filter: 'all' })
  // @ts-expect-error These have types.
  const wrong: number = tasks[0]?.text
  return { name: user.name, wrong }
})
`)
  write('types.d.ts', 'declare const process: { env: Record<string, string | undefined> }\n')

  nuxt('build')
  nuxt('typecheck')
  nuxt('generate')
  const html = readFileSync(join(app, '.output/public/index.html'), 'utf8')
  assert.match(html, /id="__nuxt"/)
  assert.doesNotMatch(html, /eyJ/)
}
finally {
  rmSync(app, { recursive: true, force: true })
}
console.log('The packed Nuxt module works.')

function write(path: string, text: string): void {
  mkdirSync(join(app, path, '..'), { recursive: true })
  writeFileSync(join(app, path), text)
}

function nuxt(command: string): void {
  run(process.execPath, [join(app, 'node_modules/nuxt/bin/nuxt.mjs'), command], app)
}

/** What a program says; an error with all of it, if it fails. */
function run(program: string, args: string[], cwd: string): string {
  try {
    return execFileSync(program, args, { cwd, encoding: 'utf8', stdio: 'pipe', env: { ...process.env, NUXT_TELEMETRY_DISABLED: '1' } })
  }
  catch (error) {
    const { stdout, stderr } = error as { stdout: string, stderr: string }
    throw new Error(`${program} ${args.join(' ')} failed:\n${stdout}\n${stderr}`, { cause: error })
  }
}
