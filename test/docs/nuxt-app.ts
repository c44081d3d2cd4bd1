import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { basename, join } from 'node:path'
import process from 'node:process'
import { codegen } from '../../src/testing/index.ts'
import { APP, functionFiles, nuxtExamples, ROOT, textsOf, writeFiles } from './examples.ts'
import { linkLibrary } from './library.ts'

export const NUXT_APP = join(APP, 'nuxt')

const SUPPORT: Record<string, string> = {
  // Nuxt finds the types of auto-imports by the names of the dependencies.
  'package.json': JSON.stringify({ name: 'app', private: true, type: 'module', dependencies: { convue: '*' } }),
  'tsconfig.json': JSON.stringify({
    files: [],
    references: [...['app', 'server', 'shared', 'node'].map(name => `./.nuxt/tsconfig.${name}.json`), './variants/tsconfig.json'].map(path => ({ path })),
  }),
  // If the auto-imports had no types, the check of the other files would find no errors.
  'app/has-types.ts': `import { api } from '#convex/api'

// @ts-expect-error Auto-imports have types.
export const query: number = useAuthedQuery

// @ts-expect-error The functions have types.
export const list: number = api.tasks.list
`,
  // Variants of nuxt.config.ts are only type-checked, because an app has one configuration.
  'variants/tsconfig.json': JSON.stringify({ extends: '../.nuxt/tsconfig.node.json', include: ['*.ts', '../.nuxt/nuxt.node.d.ts'], exclude: [] }),
}

/** A page for each example of a component, at the path that the example requests. */
function pagesOfComponents(): Record<string, string> {
  return Object.fromEntries(nuxtExamples.filter(({ file }) => file.startsWith('app/components/')).map(({ file, steps }) => {
    const path = steps.find(({ action }) => action === 'get')?.value
    return [`app/pages${path}.vue`, `<template>\n  <${basename(file, '.vue')} />\n</template>\n`]
  }))
}

/** Writes the Nuxt app of the examples, with the library from its source. */
export async function writeNuxtApp(): Promise<void> {
  await linkLibrary(NUXT_APP)
  await writeFiles(NUXT_APP, ['app', 'convex', 'scripts', 'server', 'variants'], { ...SUPPORT, ...functionFiles(), ...pagesOfComponents(), ...textsOf(nuxtExamples) })
  await codegen({ functions: join(NUXT_APP, 'convex') })
}

/** Runs a command of Nuxt in the app. Throws its output if it fails. */
export async function nuxt(command: string): Promise<void> {
  const { code, log } = await run(process.execPath, [join(ROOT, 'node_modules/nuxt/bin/nuxt.mjs'), command])
  if (code !== 0)
    throw new Error(`nuxt ${command} failed:\n${log}`)
}

/** The type errors of the app. Errors of the library's source are excluded: `npm run types` reports those. */
export async function checkTypes(): Promise<string[]> {
  const { log } = await run(join(ROOT, 'node_modules/.bin/vue-tsc'), ['-b', '--noEmit', '--pretty', 'false'])
  return log.split('\n').filter(line => line && !line.startsWith('library/'))
}

async function run(program: string, args: string[]): Promise<{ code: number, log: string }> {
  const child = spawn(program, args, { cwd: NUXT_APP, env: appEnv() })
  let log = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', chunk => log += chunk)
  const [code] = await once(child, 'exit')
  return { code, log }
}

/** The environment without the variables of the test runner. The URL of the deployment is replaced when the app starts. */
export function appEnv(): Record<string, string | undefined> {
  const { VITEST: _, VITEST_WORKER_ID: _id, VITEST_POOL_ID: _pool, TEST: _test, NODE_ENV: _env, NODE_OPTIONS: _options, ...env } = process.env
  return { ...env, NUXT_TELEMETRY_DISABLED: '1', CONVEX_URL: 'https://happy-otter-123.convex.cloud' }
}
