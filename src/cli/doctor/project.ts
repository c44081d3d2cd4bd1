/** What `convue doctor` knows about the app in a folder before it checks anything. */
import type { RunningDeployment } from '../../dev/running-deployment.ts'
import type { AppVariables } from './remote-variables.ts'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { parseEnv } from 'node:util'
import { findRunningOfApp } from '../../dev/running-deployment.ts'
import { authDatabaseVariables } from '../../project/auth-database-variables.ts'
import { findFunctions } from '../../project/functions-folder.ts'
import { readVariables } from '../../testing/app-settings.ts'
import { randomSecret } from '../random-secret.ts'
import { readRemoteVariables } from './remote-variables.ts'

export interface DoctorOptions {
  root: string
  /** The folder of the data of the embedded deployment. */
  data: string
  /** The option `--url`, which replaces the address in the variables; `null` if it is not set. */
  url: string | null
  siteUrl: string | null
  /** The origin of the page. */
  origin: string | null
  authPath: string
  signIn: boolean
}

/** A variable of the page, with its name. */
export interface NamedValue { name: string, value: string }

export interface Project extends DoctorOptions {
  functions: string
  /** Which parts of the functions exist. */
  has: { functions: boolean, authConfig: boolean, http: boolean }
  /** Where Better Auth runs: in the deployment, or in the server of the app. */
  authRunsIn: 'deployment' | 'app'
  /** `SITE_URL` of the server of the app; `null` if it is not set. */
  serverSiteUrl: string | null
  /** Whether the functions pass a secret to Better Auth that is not in `BETTER_AUTH_SECRET`. */
  hasOwnSecret: boolean
  /** Whether the page and Better Auth are on different domains. */
  isCrossDomain: boolean
  appUrl: NamedValue | null
  appSiteUrl: NamedValue | null
  running: RunningDeployment | null
  /** Whether the app uses an embedded deployment, and not one of Convex. */
  isEmbedded: boolean
  /**
   * The variables of the deployment. If they are not known, the variables in the file `.env` of the
   * functions folder.
   */
  env: Record<string, string>
  /** Why the variables of the deployment are not known; `null` if they are known. */
  envUnknown: string | null
}

const URL_NAMES = ['VITE_CONVEX_URL', 'NUXT_PUBLIC_CONVEX_URL', 'CONVEX_URL']
const SITE_URL_NAMES = ['VITE_CONVEX_SITE_URL', 'NUXT_PUBLIC_CONVEX_SITE_URL', 'CONVEX_SITE_URL']
const ENV_FILES = ['.env', '.env.local']

export async function readProject(options: DoctorOptions): Promise<Project> {
  const { root } = options
  const functions = findFunctions(undefined, root)
  const running = await findRunningOfApp(resolve(root, options.data))
  const variables = readAppVariables(root)
  const appUrl = optionOf('--url', options.url) ?? pick(variables, URL_NAMES)
  const appSiteUrl = optionOf('--site-url', options.siteUrl) ?? pick(variables, SITE_URL_NAMES)
  const code = readCode(functions)
  const isEmbedded = (appUrl === null && !variables.CONVEX_DEPLOYMENT) || appUrl?.value === running?.url
  const url = appUrl ?? cloudUrl(variables.CONVEX_DEPLOYMENT)
  const authRunsIn = code.includes('registerAuthDatabaseRoute') ? 'app' : 'deployment'
  const isInNuxt = authRunsIn === 'app' && globSync('nuxt.config.*', { cwd: root }).length > 0
  let environment: Environment
  if (!isEmbedded)
    environment = await readRemote(url!, functions, { root, variables })
  else if (isInNuxt)
    environment = await readEmbedded(running, { ...readVariables(functions), ...authDatabaseVariables(randomSecret()) })
  else
    environment = await readEmbedded(running, readVariables(functions))
  return {
    ...options,
    functions,
    has: {
      functions: existsSync(functions),
      authConfig: hasModule(functions, 'auth.config'),
      http: hasModule(functions, 'http'),
    },
    authRunsIn,
    serverSiteUrl: variables.SITE_URL ?? null,
    hasOwnSecret: /\bsecret\s*(?:[,}]|:(?!\s*process\.env\.BETTER_AUTH_SECRET\b))/.test(code),
    isCrossDomain: /\bcrossDomain\(/.test(code),
    appUrl: url,
    appSiteUrl,
    running,
    isEmbedded,
    ...environment,
  }
}

type Environment = Pick<Project, 'env' | 'envUnknown'>

/** While the deployment does not run, the checks use the variables with which it would start. */
async function readEmbedded(running: RunningDeployment | null, atStart: Record<string, string>): Promise<Environment> {
  if (running === null)
    return { env: atStart, envUnknown: null }
  return { env: await readRunningVariables(running), envUnknown: null }
}

async function readRemote(url: NamedValue, functions: string, app: AppVariables): Promise<Environment> {
  const answer = await readRemoteVariables(url.value, app)
  if (answer.kind === 'unknown')
    return { env: readVariables(functions), envUnknown: answer.why }
  return { env: answer.variables, envUnknown: null }
}

/** The variables of `.env` files, and those of the environment, which take precedence. */
function readAppVariables(root: string): Record<string, string | undefined> {
  const files = ENV_FILES.map(name => join(root, name)).filter(file => existsSync(file))
  return Object.assign({}, ...files.map(file => parseEnv(readFileSync(file, 'utf8'))), process.env)
}

function optionOf(name: string, value: string | null): NamedValue | null {
  if (value === null)
    return null
  return { name, value }
}

function pick(variables: Record<string, string | undefined>, names: string[]): NamedValue | null {
  for (const name of names) {
    const value = variables[name]
    if (value)
      return { name, value }
  }
  return null
}

/** The address of a deployment on Convex's cloud, by its name. */
function cloudUrl(deployment: string | undefined): NamedValue | null {
  const [, name] = /^(?:dev|prod|preview):([a-z\d-]+)$/.exec(deployment ?? '') ?? []
  if (name === undefined)
    return null
  return { name: 'CONVEX_DEPLOYMENT', value: `https://${name}.convex.cloud` }
}

function hasModule(functions: string, name: string): boolean {
  return ['ts', 'js', 'mts', 'mjs', 'tsx'].some(ext => existsSync(join(functions, `${name}.${ext}`)))
}

function readCode(functions: string): string {
  const files = globSync('*.{ts,js,mts,mjs}', { cwd: functions })
  return files.map(file => readFileSync(join(functions, file), 'utf8')).join('\n')
}

async function readRunningVariables({ url, adminKey }: RunningDeployment): Promise<Record<string, string>> {
  const headers = { authorization: `Convex ${adminKey}` }
  const response = await fetch(`${url}/api/list_environment_variables`, { headers })
  const answer = await response.json() as { environment_variables: Record<string, string> }
  return answer.environment_variables
}
