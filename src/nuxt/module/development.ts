/** What `nuxt dev` and `nuxt prepare` add: the deployment of the app, and its generated code. */
import type { LocalOptions, TargetNames, TargetVariables } from 'convue/dev'
import type { Nuxt } from 'nuxt/schema'
import type { AuthProvider } from './auth-provider.ts'
import type { ResolvedOptions } from './options.ts'
import type { Served } from './page-access.ts'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { parseEnv } from 'node:util'
import { addAuthVariables, removeServerVariables, setServerVariables } from './auth-variables.ts'
import { generateCode, prepareCode } from './generated-code.ts'
import { hasCode } from './has-code.ts'
import { setDeployment } from './runtime-config.ts'
import { serveDeployment } from './served-deployment.ts'

/** What the module already knows about the app. */
interface App {
  provider: AuthProvider
  /** The absolute path of the functions folder. */
  functions: string
}

type Dev = typeof import('convue/dev')

const NAMES: TargetNames = {
  url: ['CONVEX_URL', 'NUXT_PUBLIC_CONVEX_URL'],
  siteUrl: ['CONVEX_SITE_URL', 'NUXT_PUBLIC_CONVEX_SITE_URL'],
}

/**
 * Resolves to the embedded deployment that will start, after which the app has an address; `null`
 * if none will start.
 * Must be called before the aliases of the generated code are added.
 *
 * @throws ConvueError `DEPLOYMENT_URL_INVALID`, `SITE_URL_UNKNOWN`, and the error of a missing
 * package.
 */
export async function setUpDevelopment(options: ResolvedOptions, nuxt: Nuxt, app: App): Promise<Served | null> {
  if (nuxt.options._prepare)
    await prepareCode(app.functions)
  if (!nuxt.options.dev)
    return null
  // Loaded only here, since it needs packages that an app does not install for production.
  const dev = await import('convue/dev')
  const local = chooseDeployment(dev, options, nuxt, app)
  if (!local) {
    await dev.releaseKept(nuxt.options.rootDir)
    return null
  }
  // The aliases need the files. The deployment updates them when it starts.
  if (!existsSync(join(app.functions, '_generated/api.js')))
    await generateCode(app.functions).catch(requireCorrectable)
  return serveDeployment(dev, nuxt, {
    local,
    siteUrl: options.dev ? options.dev.siteUrl : undefined,
    onStart: ({ deployment }, embedded) => setServerVariables(app.provider, embedded, deployment),
  })
}

/** The deployment waits until its functions are corrected, and reports their error. */
function requireCorrectable(error: unknown): void {
  if (!hasCode(error, 'FUNCTIONS_INVALID'))
    throw error
}

/** The embedded deployment; `null` if the app uses another one, or none. */
function chooseDeployment(dev: Dev, options: ResolvedOptions, nuxt: Nuxt, app: App): LocalOptions | null {
  const { rootDir, runtimeConfig, watch } = nuxt.options
  removeServerVariables()
  const isGiven = NAMES.url.some(name => process.env[name])
  // Without the routes of Better Auth, the address of the HTTP actions does not matter.
  if (options.url || (isGiven && app.provider !== 'convue'))
    return null
  const file = join(rootDir, '.env.local')
  // `npx convex dev` writes the address of its deployment into this file: Nuxt then restarts.
  watch.push(file)
  const target = dev.findTarget(readVariables(file), NAMES)
  if (target.kind === 'remote') {
    setDeployment(runtimeConfig, target)
    return null
  }
  if (options.dev === false)
    return null
  if (!existsSync(app.functions)) {
    watch.push(app.functions)
    return null
  }
  return dev.resolveOptions(addAuthVariables(options.dev, app.provider), { root: rootDir, functions: app.functions })
}

/** Nuxt itself does not read this file. */
function readVariables(file: string): TargetVariables {
  const written = existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {}
  return { ...written, ...process.env } as TargetVariables
}
