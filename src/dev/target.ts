/** Chooses the deployment that a page uses: an embedded one, or the one that variables name. */
import { devError } from './dev-error.ts'

/** The deployment of a page. */
export type Target
  = | { kind: 'embedded' }
    | { kind: 'remote', url: string, siteUrl: string }

/** The variables of `.env` files and of the environment that choose a deployment. */
export interface TargetVariables {
  VITE_CONVEX_URL?: string | undefined
  VITE_CONVEX_SITE_URL?: string | undefined
  /** What `npx convex dev` writes, such as `dev:happy-otter-123`. */
  CONVEX_DEPLOYMENT?: string | undefined
}

/**
 * Without variables, the deployment is embedded.
 *
 * @throws ConvueError `DEPLOYMENT_URL_INVALID`, `SITE_URL_UNKNOWN`
 */
export function findTarget({ VITE_CONVEX_URL, VITE_CONVEX_SITE_URL, CONVEX_DEPLOYMENT }: TargetVariables): Target {
  if (VITE_CONVEX_URL) {
    const url = readAddress('VITE_CONVEX_URL', VITE_CONVEX_URL)
    return { kind: 'remote', url, siteUrl: findSiteUrl(url, VITE_CONVEX_SITE_URL) }
  }
  if (!CONVEX_DEPLOYMENT)
    return { kind: 'embedded' }
  const url = cloudUrl(CONVEX_DEPLOYMENT)
  return { kind: 'remote', url, siteUrl: findSiteUrl(url, VITE_CONVEX_SITE_URL) }
}

function findSiteUrl(url: string, siteUrl: string | undefined): string {
  if (siteUrl)
    return readAddress('VITE_CONVEX_SITE_URL', siteUrl)
  const derived = url.replace(/\.convex\.cloud$/, '.convex.site')
  if (derived === url)
    throw devError('SITE_URL_UNKNOWN', url)
  return derived
}

/** The address of a deployment on Convex's cloud. The name of a local one contains no address. */
function cloudUrl(deployment: string): string {
  const [, name] = /^(?:dev|prod|preview):([a-z\d-]+)$/.exec(deployment.trim()) ?? []
  if (name === undefined)
    throw devError('DEPLOYMENT_URL_INVALID', { name: 'CONVEX_DEPLOYMENT', value: deployment })
  return `https://${name}.convex.cloud`
}

function readAddress(name: string, value: string): string {
  const address = value.trim().replace(/\/$/, '')
  if (!/^https?:\/\//.test(address) || !URL.canParse(address) || new URL(address).pathname !== '/')
    throw devError('DEPLOYMENT_URL_INVALID', { name, value })
  return address
}
