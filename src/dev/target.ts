/** Chooses the deployment that a page uses: an embedded deployment, or the one in the variables. */
import { devError } from './dev-error.ts'

/** The deployment of a page. */
export type Target
  = | { kind: 'embedded' }
    | { kind: 'remote', url: string, siteUrl: string }

/** Variables of `.env` files and of the environment. */
export type TargetVariables = Partial<Record<string, string>>

/** The names of the variables that a tool reads; the first one that has a value counts. */
export interface TargetNames {
  /** The variables with the address of the deployment. Errors suggest the first one. */
  url: [string, ...string[]]
  /** The variables with the address of the HTTP actions. */
  siteUrl: [string, ...string[]]
}

/** The variables of a Vite app. */
const VITE_NAMES: TargetNames = { url: ['VITE_CONVEX_URL'], siteUrl: ['VITE_CONVEX_SITE_URL'] }

/**
 * Finds the deployment that the variables name. `CONVEX_DEPLOYMENT`, which `npx convex dev` writes,
 * counts if no variable contains an address. Without these variables, the page uses an embedded
 * deployment.
 *
 * @param variables The variables.
 * @param names The names of the variables with addresses; by default, those of a Vite app.
 * @throws ConvueError `DEPLOYMENT_URL_INVALID`, `SITE_URL_UNKNOWN`
 */
export function findTarget(variables: TargetVariables, names: TargetNames = VITE_NAMES): Target {
  const variable = findVariable(variables, names.url)
  if (!variable && !variables.CONVEX_DEPLOYMENT)
    return { kind: 'embedded' }
  const url = variable ? readAddress(...variable) : cloudUrl(variables.CONVEX_DEPLOYMENT!, names)
  return { kind: 'remote', url, siteUrl: findSiteUrl(url, variables, names) }
}

function findSiteUrl(url: string, variables: TargetVariables, names: TargetNames): string {
  const variable = findVariable(variables, names.siteUrl)
  if (variable)
    return readAddress(...variable)
  const derived = url.replace(/\.convex\.cloud$/, '.convex.site')
  if (derived === url)
    throw devError('SITE_URL_UNKNOWN', { url, siteUrlName: names.siteUrl[0] })
  return derived
}

function findVariable(variables: TargetVariables, names: string[]): [name: string, value: string] | undefined {
  for (const name of names) {
    const value = variables[name]
    if (value)
      return [name, value]
  }
  return undefined
}

/** The address of a cloud deployment. The name of a local deployment contains no address. */
function cloudUrl(deployment: string, { url: [urlName] }: TargetNames): string {
  const [, name] = /^(?:dev|prod|preview):([a-z\d-]+)$/.exec(deployment.trim()) ?? []
  if (name === undefined)
    throw devError('DEPLOYMENT_URL_INVALID', { name: 'CONVEX_DEPLOYMENT', value: deployment, urlName })
  return `https://${name}.convex.cloud`
}

function readAddress(name: string, value: string): string {
  const address = value.trim().replace(/\/$/, '')
  if (!/^https?:\/\//.test(address) || !URL.canParse(address) || new URL(address).pathname !== '/')
    throw devError('DEPLOYMENT_URL_INVALID', { name, value, urlName: name })
  return address
}
