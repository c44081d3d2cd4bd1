/** Runs the seed function of an app once on a new deployment. */
import type { Deployment } from '../testing/index.ts'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { devError } from './dev-error.ts'

/** The seed function of a deployment, and the state of its data. */
export interface SeedOptions {
  /** The path of the function, such as `seed:default` or `internal.seed.default`. */
  seed: string
  /** `true` if the deployment had no data before it was started. */
  isNew: boolean
  /** The folder of its data; `null` if the data is in memory. */
  folder: string | null
}

/** The name of a file in the folder of the data that exists until the function has succeeded. */
const PENDING = 'seed-pending'

/**
 * Calls the function if the deployment is new, or if the previous call did not succeed.
 *
 * @throws ConvueError `SEED_INVALID`, `SEED_FAILED`
 */
export async function seedDeployment(deployment: Deployment, { seed, isNew, folder }: SeedOptions): Promise<void> {
  const pending = folder === null ? null : join(folder, PENDING)
  if (!isNew && (pending === null || !existsSync(pending)))
    return
  if (pending !== null)
    writeFileSync(pending, '')
  await callFunction(deployment, functionPath(seed))
  if (pending !== null)
    rmSync(pending)
}

/** The path of a function in the form of Convex: `folder/file:name`. */
function functionPath(seed: string): string {
  if (seed.includes(':'))
    return seed
  const parts = seed.replace(/^(?:internal|api)\./, '').split('.')
  const name = parts.length > 1 ? parts.pop() : 'default'
  return `${parts.join('/')}:${name}`
}

/** Calls a function by its path, whether it is a mutation or an action. */
async function callFunction({ url, adminKey }: Deployment, path: string): Promise<void> {
  const response = await fetch(`${url}/api/function`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'authorization': `Convex ${adminKey}` },
    body: JSON.stringify({ path, args: {}, format: 'json' }),
  })
  const answer = await response.json() as { status?: string, errorMessage?: string, message?: string }
  if (answer.status === 'success')
    return
  const message = answer.errorMessage ?? answer.message ?? `status ${response.status}`
  if (/could not find/i.test(message))
    throw devError('SEED_INVALID', path)
  throw devError('SEED_FAILED', { path, message })
}
