/** Reads the variables of a real deployment with the official command `npx convex env list`. */
import { ConvueError } from '../../errors/convue-error.ts'
import { deploymentStore } from '../env/sync-env.ts'
import { findConfiguredTarget } from '../official-convex.ts'

const TIMEOUT_MS = 30_000

const NOT_NAMED = 'no variable such as CONVEX_DEPLOYMENT names the deployment for `npx convex env list`'

/** The folder of an app, and the variables of its `.env` files and of the environment. */
export interface AppVariables {
  root: string
  variables: Record<string, string | undefined>
}

/** The variables of a deployment, or why they cannot be read. */
export type RemoteVariables
  = | { kind: 'read', variables: Record<string, string> }
    | { kind: 'unknown', why: string }

/**
 * The official command line chooses the deployment itself, so it is only used if it chooses the
 * deployment of the page, which is at `url`.
 */
export async function readRemoteVariables(url: string, { root, variables }: AppVariables): Promise<RemoteVariables> {
  const target = findConfiguredTarget({ prod: false, root })
  const chosen = addressOf(variables)
  if (target === null || chosen === null)
    return { kind: 'unknown', why: NOT_NAMED }
  if (chosen !== withoutSlash(url))
    return { kind: 'unknown', why: `\`npx convex env list\` uses ${chosen}, and not the deployment of the page` }
  try {
    return { kind: 'read', variables: await deploymentStore({ ...target, timeoutMs: TIMEOUT_MS }).read() }
  }
  catch (error) {
    if (error instanceof ConvueError)
      return { kind: 'unknown', why: error.why.replace(/\s+/g, ' ') }
    throw error
  }
}

/** The address of the deployment that the official command line chooses; `null` if unknown. */
function addressOf(variables: AppVariables['variables']): string | null {
  const { CONVEX_SELF_HOSTED_URL, CONVEX_DEPLOY_KEY, CONVEX_DEPLOYMENT } = variables
  if (CONVEX_SELF_HOSTED_URL)
    return withoutSlash(CONVEX_SELF_HOSTED_URL)
  const [, name] = /^(?:dev|prod|preview):([a-z\d-]+)(?:\||$)/.exec(CONVEX_DEPLOY_KEY || CONVEX_DEPLOYMENT || '') ?? []
  if (name === undefined)
    return null
  return `https://${name}.convex.cloud`
}

function withoutSlash(address: string): string {
  return address.trim().replace(/\/$/, '')
}
