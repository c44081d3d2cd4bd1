/** The file with which tools find the embedded deployment that another process runs. */
import type { Deployment } from '../testing/index.ts'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { BRANCHES } from './branch-data.ts'

/** An embedded deployment of this machine, as the file describes it. */
export interface RunningDeployment {
  url: string
  siteUrl: string
  /** The origin of the page of the development server. */
  origin: string
  /** The key that gives access to all data and all functions. */
  adminKey: string
  /** The process that runs the deployment. */
  pid: number
  /** The absolute path of the functions folder. */
  functions: string
}

const FILE = 'running.json'

/**
 * The time limit for an answer of the deployment, in ms. If there is no answer in this time, the
 * deployment does not count as running.
 */
const ANSWER_TIMEOUT_MS = 10_000

/**
 * Writes the file, which only its owner can read, since it contains the admin key.
 *
 * @param folder The folder of the data.
 * @param deployment The deployment that has started.
 * @param app The functions and the page of the deployment.
 */
export function announceDeployment(
  folder: string,
  deployment: Deployment,
  app: Pick<RunningDeployment, 'functions' | 'origin'>,
): void {
  const { url, siteUrl, adminKey } = deployment
  const running: RunningDeployment = { ...app, url, siteUrl, adminKey, pid: process.pid }
  const file = join(folder, FILE)
  rmSync(`${file}.new`, { force: true })
  writeFileSync(`${file}.new`, `${JSON.stringify(running, null, 2)}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

/** Removes the file, unless it describes another deployment. */
export function withdrawDeployment(folder: string, { url }: Deployment): void {
  const running = readFile(folder)
  if (running?.pid === process.pid && running.url === url)
    rmSync(join(folder, FILE), { force: true })
}

/**
 * The deployment that runs with the data of a folder; `null` if none runs. A process that was
 * killed leaves its file behind, and another process may have its id by now. So the deployment must
 * also accept the admin key of the file.
 *
 * @param folder The folder of the data, such as `.convex-local`.
 */
export async function findRunningDeployment(folder: string): Promise<RunningDeployment | null> {
  const running = readFile(folder)
  if (!running || !isAlive(running.pid))
    return null
  return await acceptsKey(running) ? running : null
}

/**
 * The deployment that runs with the data of an app: those of all branches, or those of one branch.
 *
 * @param folder The folder of the data, such as `.convex-local`.
 */
export async function findRunningOfApp(folder: string): Promise<RunningDeployment | null> {
  const branches = join(folder, BRANCHES)
  const names = existsSync(branches) ? readdirSync(branches) : []
  for (const candidate of [folder, ...names.map(name => join(branches, name))]) {
    const running = await findRunningDeployment(candidate)
    if (running)
      return running
  }
  return null
}

function readFile(folder: string): RunningDeployment | null {
  try {
    const running: Partial<RunningDeployment> = JSON.parse(readFileSync(join(folder, FILE), 'utf8'))
    const { url, siteUrl, origin, adminKey, functions } = running
    const isComplete = typeof running.pid === 'number'
      && [url, siteUrl, origin, adminKey, functions].every(text => typeof text === 'string')
    return isComplete ? running as RunningDeployment : null
  }
  catch {
    return null
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  }
  catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function acceptsKey({ url, adminKey }: RunningDeployment): Promise<boolean> {
  try {
    const response = await fetch(`${url}/api/list_environment_variables`, {
      headers: { authorization: `Convex ${adminKey}` },
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    })
    await response.body?.cancel()
    return response.ok
  }
  catch {
    return false
  }
}
