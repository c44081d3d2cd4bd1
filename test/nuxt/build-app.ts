import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const APP = fileURLToPath(new URL('./app', import.meta.url))
const NUXT = fileURLToPath(new URL('../../node_modules/nuxt/bin/nuxt.mjs', import.meta.url))

export interface BuildVariant {
  /** The folder of the app. @default './app' */
  app?: string
  /** The address of the deployment for prerendered pages. @default an address without a server */
  deploymentPort?: number
  /** Further modules. @default [] */
  modules?: string[]
  /** Nuxt's `experimental.renderJsonPayloads`. @default true */
  renderJsonPayloads?: boolean
  /** The folder of the build, which must exist. @default a temporary folder */
  folder?: string
  /** Further variables in the environment of the build. @default {} */
  env?: Record<string, string>
}

/** A build of the app in `./app`, in a folder of its own. */
export interface BuiltApp {
  /** The folder with `server` and `public`. */
  output: string
  /** The output of the build. */
  log: string
  remove: () => Promise<void>
}

/**
 * Builds the app with `nuxt build`.
 *
 * @param options Options of the module, besides those of the app.
 * @param variant What differs besides the options.
 * @throws the output of the build if it failed.
 */
export async function buildApp(options: Record<string, unknown> = {}, variant: BuildVariant = {}): Promise<BuiltApp> {
  const { app = APP, deploymentPort = 9, modules = [], renderJsonPayloads = true, env = {} } = variant
  const folder = variant.folder ?? await mkdtemp(join(tmpdir(), 'convue-nuxt-'))
  const child = spawn(process.execPath, [NUXT, 'build'], {
    cwd: app,
    env: {
      ...plainEnv(),
      FIXTURE_OUTPUT: folder,
      FIXTURE_MODULES: modules.join(' '),
      FIXTURE_OPTIONS: JSON.stringify(options),
      FIXTURE_JSON_PAYLOADS: String(renderJsonPayloads),
      // No server listens at this address yet: prerendered pages get no results.
      NUXT_PUBLIC_CONVEX_URL: `http://127.0.0.1:${deploymentPort}`,
      NUXT_PUBLIC_CONVEX_SITE_URL: 'http://127.0.0.1:9',
      ...env,
    },
  })
  let log = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', chunk => log += chunk)
  const [code] = await once(child, 'exit')
  if (code !== 0)
    throw new Error(`nuxt build failed:\n${log}`)
  return { output: join(folder, 'output'), log, remove: () => rm(folder, { recursive: true, force: true }) }
}

/** The environment without the variables of the test runner. */
export function plainEnv(): Record<string, string | undefined> {
  const { VITEST: _, VITEST_WORKER_ID: _id, VITEST_POOL_ID: _pool, TEST: _test, NODE_ENV: _env, NODE_OPTIONS: _options, ...env } = process.env
  return { ...env, NUXT_TELEMETRY_DISABLED: '1' }
}
