/** Runs the official command line of Convex, `npx convex`, for a deployment. */
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { parseEnv } from 'node:util'
import { devError } from '../dev/dev-error.ts'
import { findRunningOfApp } from '../dev/running-deployment.ts'
import { findPackage } from '../versions/installed-package.ts'

/** A deployment that the official command line can reach. */
export interface ConvexTarget {
  /** The name of the deployment in messages. */
  name: string
  /** Variables of the command, which contain the key. Arguments can be read by other processes. */
  env: Record<string, string>
  /** The arguments that choose the deployment. */
  args: string[]
  /** The folder of the app. @default the working directory */
  root?: string
  /**
   * How long a command may take, in ms: without access, it tries again for a minute. @default no
   * limit
   */
  timeoutMs?: number
}

export interface ConvexResult {
  code: number
  stdout: string
  stderr: string
}

/**
 * Empties the variables that could choose another deployment, which may also be in `.env` files.
 * The official command line treats an empty variable as not set.
 */
const NO_OTHER_DEPLOYMENT = { CONVEX_DEPLOYMENT: '', CONVEX_DEPLOY_KEY: '', CONVEX_DEPLOYMENT_TOKEN: '' }

/** The variables that name a deployment for the official command line. */
const CHOICES = ['CONVEX_DEPLOYMENT', 'CONVEX_DEPLOY_KEY', 'CONVEX_SELF_HOSTED_URL']

/** The embedded deployment that another process runs; `null` if none runs. */
export async function findEmbeddedTarget(data: string): Promise<ConvexTarget | null> {
  const running = await findRunningOfApp(resolve(data))
  if (running === null)
    return null
  const { url, adminKey } = running
  const env = { ...NO_OTHER_DEPLOYMENT, CONVEX_SELF_HOSTED_URL: url, CONVEX_SELF_HOSTED_ADMIN_KEY: adminKey }
  return { name: `the embedded deployment at ${url}`, env, args: [] }
}

/** The deployment that the `.env` files and the environment name; `null` if they name none. */
export function findConfiguredTarget({ prod, root = '.' }: { prod: boolean, root?: string }): ConvexTarget | null {
  const files = ['.env', '.env.local'].map(name => join(root, name)).filter(file => existsSync(file))
  const variables = Object.assign({}, ...files.map(file => parseEnv(readFileSync(file, 'utf8'))), process.env)
  if (!prod && !CHOICES.some(name => variables[name]))
    return null
  if (!prod)
    return { name: 'the deployment that the environment names', env: {}, args: [], root }
  const args: string[] = []
  // A self-hosted deployment does not belong to a project, so `--prod` has no meaning for it.
  if (!variables.CONVEX_SELF_HOSTED_URL)
    args.push('--prod')
  return { name: 'the production deployment', env: {}, args, root }
}

/** Runs a command and returns what it has written. `input` becomes its stdin. */
export async function runConvex(target: ConvexTarget, args: string[], input = ''): Promise<ConvexResult> {
  const child = spawnConvex(target, args, 'pipe')
  const written = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name]!.setEncoding('utf8').on('data', (text: string) => void (written[name] += text))
  // The command may end without reading its input.
  child.stdin!.on('error', () => {})
  child.stdin!.end(input)
  const [code] = await once(child, 'close') as [number | null]
  return { code: code ?? 1, ...written }
}

/** Runs a command in this terminal. Resolves to its exit code. */
export async function runConvexHere(target: ConvexTarget, args: string[]): Promise<number> {
  const [code] = await once(spawnConvex(target, args, 'inherit'), 'close') as [number | null]
  return code ?? 1
}

/** @throws ConvueError `CONVEX_COMMAND_FAILED`, `CONVEX_NOT_INSTALLED` */
export async function requireConvex(target: ConvexTarget, args: string[], input?: string): Promise<string> {
  const { code, stdout, stderr } = await runConvex(target, args, input)
  if (code === 0)
    return stdout
  throw devError('CONVEX_COMMAND_FAILED', { command: args.join(' '), name: target.name, message: lastLines(stderr) })
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-6).join('\n')
}

/** @throws ConvueError `CONVEX_NOT_INSTALLED` */
function spawnConvex(target: ConvexTarget, args: string[], stdio: 'pipe' | 'inherit'): ChildProcess {
  const { env, args: choice, root = '.', timeoutMs } = target
  const installed = findPackage('convex', resolve(root))
  if (!installed)
    throw devError('CONVEX_NOT_INSTALLED')
  const { bin } = installed.manifest as { bin?: { convex?: string } }
  const file = join(installed.folder, bin?.convex ?? 'bin/main.js')
  return spawn(process.execPath, [file, ...args, ...choice], {
    cwd: root,
    stdio,
    env: { ...process.env, ...env },
    timeout: timeoutMs,
  })
}
