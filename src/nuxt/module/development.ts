/** What `nuxt dev` and `nuxt prepare` add: the deployment of the app, and its generated code. */
import type { LocalOptions, TargetNames, TargetVariables } from 'convue/dev'
import type { Nuxt } from 'nuxt/schema'
import type { AuthProvider } from './auth-provider.ts'
import type { ResolvedOptions } from './options.ts'
import type { Served } from './page-access.ts'
import { existsSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import process from 'node:process'
import { parseEnv } from 'node:util'
import { addAuthVariables, removeServerVariables, setServerVariables } from './auth-variables.ts'
import { generateCode, prepareCode } from './generated-code.ts'
import { hasCode } from './has-code.ts'
import { setDeployment } from './runtime-config.ts'
import { serveDeployment } from './served-deployment.ts'
import { serveRequestsOnly } from './served-requests.ts'

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

/** The embedded deployment, or why it does not run and how the developer changes this. */
type Choice
  = | { kind: 'embedded', local: LocalOptions }
    | { kind: 'other', howToEmbed: string }

/**
 * Resolves to the deployment and the pages of `nuxt dev`; `null` outside of development. If the
 * embedded deployment will start, the app has an address after its start.
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
  const choice = chooseDeployment(dev, options, nuxt, app)
  if (choice.kind === 'other') {
    await dev.releaseKept(nuxt.options.rootDir)
    return serveRequestsOnly(dev, nuxt, choice.howToEmbed)
  }
  // The aliases need the files. The deployment updates them when it starts.
  if (!existsSync(join(app.functions, '_generated/api.js')))
    await generateCode(app.functions).catch(requireCorrectable)
  return serveDeployment(dev, nuxt, {
    local: choice.local,
    siteUrl: options.dev ? options.dev.siteUrl : undefined,
    onStart: ({ deployment }, embedded) => setServerVariables(app.provider, embedded, deployment),
  })
}

/** The deployment waits until its functions are corrected, and reports their error. */
function requireCorrectable(error: unknown): void {
  if (!hasCode(error, 'FUNCTIONS_INVALID'))
    throw error
}

function chooseDeployment(dev: Dev, options: ResolvedOptions, nuxt: Nuxt, app: App): Choice {
  const { rootDir, runtimeConfig, watch } = nuxt.options
  removeServerVariables()
  if (options.url)
    return other('The option url of convex in nuxt.config.ts names another deployment: remove the option.')
  const variable = NAMES.url.find(name => process.env[name])
  // Without the routes of Better Auth, the address of the HTTP actions does not matter.
  if (variable && app.provider !== 'convue')
    return other(describeVariable(variable))
  const file = join(rootDir, '.env.local')
  // `npx convex dev` writes the address of its deployment into this file: Nuxt then restarts.
  watch.push(file)
  const variables = readVariables(file)
  const target = dev.findTarget(variables, NAMES)
  if (target.kind === 'remote') {
    setDeployment(runtimeConfig, target)
    return other(describeVariable(NAMES.url.find(name => variables[name]) ?? 'CONVEX_DEPLOYMENT'))
  }
  if (options.dev === false)
    return other('The option dev of convex in nuxt.config.ts is false: remove the option.')
  if (!existsSync(app.functions)) {
    watch.push(app.functions)
    return other(`There are no functions: create the folder ${relative(rootDir, app.functions)}.`)
  }
  const given = addAuthVariables(options.dev, app.provider)
  return { kind: 'embedded', local: dev.resolveOptions(given, { root: rootDir, functions: app.functions }) }
}

function other(reason: string): Choice {
  return { kind: 'other', howToEmbed: `${reason} Nuxt then starts the embedded deployment.` }
}

function describeVariable(name: string): string {
  return `The variable ${name} names another deployment, whose data npx convex dashboard shows: `
    + 'remove the variable from .env, .env.local and the environment.'
}

/** Nuxt itself does not read this file. */
function readVariables(file: string): TargetVariables {
  const written = existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {}
  return { ...written, ...process.env } as TargetVariables
}
