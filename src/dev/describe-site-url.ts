/** The line that a development server prints if `SITE_URL` is not the origin of its page. */
import type { LocalOptions } from './local-deployment.ts'
import { readVariables } from '../testing/app-settings.ts'

/**
 * A label, and a text that says how to correct `SITE_URL`. Empty if Better Auth accepts the
 * requests of the page.
 *
 * @param options The options of the deployment.
 * @param origin The origin of the page.
 */
export function describeSiteUrl(options: LocalOptions, origin: string): [label: string, text: string][] {
  const { start } = options
  const variables: Record<string, string> = { ...readVariables(start.functions), ...start.env }
  const { SITE_URL: siteUrl, BETTER_AUTH_TRUSTED_ORIGINS: trusted = '' } = variables
  if (siteUrl === undefined || originOf(siteUrl) === originOf(origin) || trusted.split(',').includes(origin))
    return []
  const text = `${siteUrl} in convex/.env is not the origin of this page, ${origin}, so Better Auth may refuse its `
    + `requests. Run \`npx convue env sync --site-url ${origin}\`, or remove the variable`
  return [['SITE_URL', text]]
}

function originOf(address: string): string {
  return URL.canParse(address) ? new URL(address).origin : address
}
