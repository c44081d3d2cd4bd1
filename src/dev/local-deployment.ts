/** The embedded deployment of an app, which keeps running while Vite restarts its server. */
import type { GitBranch } from '../project/git-branch.ts'
import type { Deployment, DeploymentOptions } from '../testing/index.ts'
import type { DeploymentPorts } from './free-port.ts'
import { writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { codegen, startDeployment } from '../testing/index.ts'
import { isWithoutData } from './branch-data.ts'
import { networkOrigins } from './network-origins.ts'
import { announceDeployment, withdrawDeployment } from './running-deployment.ts'
import { seedDeployment } from './seed.ts'

/** The names with which other machines reach the page. */
export interface NetworkOptions {
  /** The host names of the page, in addition to the addresses of this machine. */
  names: string[]
}

/** The options of an embedded deployment, and its seed function. */
export interface LocalOptions {
  seed: string | null
  /** The access of other machines to the deployment; by default, they have none. */
  network?: NetworkOptions | null
  /** The git branch to which the data belongs; by default, the data belongs to all branches. */
  branch?: GitBranch | null
  /** The options of `startDeployment`, with absolute paths. */
  start: DeploymentOptions & { functions: string }
}

/** An embedded deployment that a server uses until it calls `release`. */
export interface LocalDeployment {
  deployment: Deployment
  /** The absolute path of the functions folder. */
  functions: string
  /** Closes the deployment, unless another server uses it. */
  release: () => Promise<void>
  /** Lines, each with a label, that describe the data and the functions of the deployment. */
  describe: (root: string) => [label: string, text: string][]
}

interface Running {
  started: Promise<Deployment>
  options: LocalOptions
  origins: PageOrigins
  /** The number of servers that use the deployment. */
  users: number
}

/** The origins of the pages that use a deployment. */
interface PageOrigins {
  /** The origins of the servers. The first one is `SITE_URL`. */
  ofServers: [string, ...string[]]
  /**
   * The origins whose pages may use the deployment, with those at which other machines reach the
   * servers. The deployment reads this list at each reload.
   */
  allowed: string[]
  /** The variables that Better Auth reads. The deployment reads this object at each reload. */
  env: Record<string, string>
}

/**
 * When its configuration changes, Vite creates the new server before it closes the previous one,
 * and may load this module again, as Nuxt does. So `globalThis` holds the deployments.
 */
const RUNNING = Symbol.for('convue.dev.deployments')

/** The deployments that servers of this process use, by their options without the origin. */
function runningDeployments(): Map<string, Running> {
  return (globalThis as any)[RUNNING] ??= new Map()
}

/**
 * Starts a deployment, or shares the one that was started with the same options.
 *
 * @param options The options of the deployment.
 * @param siteUrl The origin of the page.
 * @param ports The ports of a deployment that is started; by default, any free ports.
 */
export async function acquireDeployment(
  options: LocalOptions,
  siteUrl: string,
  ports?: DeploymentPorts,
): Promise<LocalDeployment> {
  const deployments = runningDeployments()
  const key = keyOf(options)
  let running = deployments.get(key)
  if (!running) {
    const origins = originsOf(options, siteUrl)
    running = { started: replace(deployments, options, origins, ports), options, origins, users: 0 }
    deployments.set(key, running)
  }
  const current = running
  current.users++
  try {
    const deployment = await current.started
    await acceptPagesOf(siteUrl, options, current.origins, deployment)
    return {
      deployment,
      functions: options.start.functions,
      release: releaseOnce(current),
      describe: root => describeLocal(options, root),
    }
  }
  catch (error) {
    deployments.delete(key)
    throw error
  }
}

function keyOf(options: LocalOptions): string {
  return JSON.stringify(options)
}

function releaseOnce(running: Running): () => Promise<void> {
  let isReleased = false
  return async () => {
    if (isReleased)
      return
    isReleased = true
    running.users--
    if (running.users > 0)
      return
    const deployments = runningDeployments()
    const key = keyOf(running.options)
    if (deployments.get(key) === running)
      deployments.delete(key)
    await close(running.options, await running.started)
  }
}

/** Closes the deployments that use the same data, and then starts a deployment. */
async function replace(
  deployments: Map<string, Running>,
  options: LocalOptions,
  origins: PageOrigins,
  ports: DeploymentPorts | undefined,
): Promise<Deployment> {
  const { data } = options.start
  const others = [...deployments].filter(([, { options }]) => data !== undefined && options.start.data === data)
  for (const [key, { started, options }] of others) {
    deployments.delete(key)
    await started.then(deployment => close(options, deployment), () => {})
  }
  return await start(options, origins, ports)
}

async function start(
  { start, seed }: LocalOptions,
  { ofServers: [origin], allowed, env }: PageOrigins,
  ports: DeploymentPorts | undefined,
): Promise<Deployment> {
  const isNew = start.data === undefined || isWithoutData(start.data)
  await codegen({ functions: start.functions })
  const deployment = await startDeployment({
    ...start,
    ...ports,
    siteUrl: origin,
    allowedOrigins: allowed,
    env,
  })
  if (isNew && start.data !== undefined)
    writeFileSync(join(start.data, '.gitignore'), '*\n')
  try {
    if (seed !== null)
      await seedDeployment(deployment, { seed, isNew, folder: start.data ?? null })
    if (start.data !== undefined)
      announceDeployment(start.data, deployment, { functions: start.functions, origin })
    return deployment
  }
  catch (error) {
    await deployment.close()
    throw error
  }
}

async function close({ start }: LocalOptions, deployment: Deployment): Promise<void> {
  if (start.data !== undefined)
    withdrawDeployment(start.data, deployment)
  await deployment.close()
}

function originsOf(options: LocalOptions, siteUrl: string): PageOrigins {
  const { start } = options
  const ofNetwork = originsOfNetwork(options, siteUrl)
  return {
    ofServers: [siteUrl],
    allowed: [...start.allowedOrigins ?? [], ...ofNetwork],
    env: { CONVUE_MAILBOX: 'true', ...trust(ofNetwork), ...start.env },
  }
}

/** The origins at which other machines reach a server. */
function originsOfNetwork({ network = null }: LocalOptions, siteUrl: string): string[] {
  return network ? networkOrigins(siteUrl, network.names) : []
}

/**
 * Lets the deployment and Better Auth accept the pages of another server of the app, which has
 * another port.
 */
async function acceptPagesOf(
  origin: string,
  options: LocalOptions,
  { ofServers, allowed, env }: PageOrigins,
  deployment: Deployment,
): Promise<void> {
  if (ofServers.includes(origin))
    return
  const ofNetwork = originsOfNetwork(options, origin)
  ofServers.push(origin)
  allowed.push(...ofNetwork)
  Object.assign(env, trust([...env.BETTER_AUTH_TRUSTED_ORIGINS?.split(',') ?? [], origin, ...ofNetwork]))
  // If the functions have an error, the first server shows it. The variable then has its new value
  // once the functions have loaded without an error.
  await deployment.reload().catch(() => {})
}

/** Better Auth itself reads this variable, in addition to its option `trustedOrigins`. */
function trust(origins: string[]): Record<string, string> {
  return origins.length === 0 ? {} : { BETTER_AUTH_TRUSTED_ORIGINS: origins.join(',') }
}

/** Lines, each with a label, that describe the deployment and its files. */
export function describeLocal({ start }: LocalOptions, root: string): [label: string, text: string][] {
  const data = start.data === undefined ? 'in memory' : `kept in ${relative(root, start.data)}`
  return [
    ['Convex', 'embedded deployment, without an account'],
    ['Functions', `${relative(root, start.functions)}, loaded again when you save a file`],
    ['Data', data],
  ]
}
