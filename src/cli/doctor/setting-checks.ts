/** Checks of the addresses and variables of an app. */
import type { Check } from './check.ts'
import type { Finding } from './findings.ts'
import type { NamedValue, Project } from './project.ts'
import { readVariables } from '../../testing/app-settings.ts'
import { finding } from './findings.ts'

/** The length that Better Auth recommends. */
const SHORTEST_SECRET = 32

/** A random secret of 32 characters has more different characters than this number. */
const FEWEST_DIFFERENT_LETTERS = 10

/** Words that occur in the secrets of examples and guides. */
const KNOWN_SECRETS = /secret|password|changeme|change-me|placeholder|better-auth-secret|example/i

export const SETTING_CHECKS: Check<Project>[] = [
  { name: 'addresses of the deployment', run: checkAddresses },
  { name: 'variables of the deployment', run: checkVariables },
]

function checkAddresses({ appUrl, appSiteUrl }: Project): Finding[] {
  const invalid = [appUrl, appSiteUrl].filter(address => address !== null && !isAddress(address.value))
  if (invalid.length > 0)
    return invalid.map(address => finding('URL_INVALID', { ...address! }))
  if (!appUrl)
    return []
  if (!appSiteUrl)
    return checkUrl(appUrl)
  return [...checkUrl(appUrl), ...checkSiteUrl(appUrl, appSiteUrl)]
}

function checkUrl({ name, value }: NamedValue): Finding[] {
  const address = trim(value)
  if (!address.endsWith('.convex.site'))
    return []
  return [finding('URL_IS_SITE_URL', { name, value, expected: address.replace(/\.site$/, '.cloud') })]
}

function checkSiteUrl({ value: url }: NamedValue, { name, value }: NamedValue): Finding[] {
  const address = trim(value)
  const expected = siteUrlOf(url)
  if (address.endsWith('.convex.cloud'))
    return [finding('SITE_URL_IS_URL', { name, value, expected: address.replace(/\.cloud$/, '.site') })]
  if (expected === null || expected === address || !address.endsWith('.convex.site'))
    return []
  return [finding('SITE_URL_WRONG', { name, value, url: trim(url), expected })]
}

/** The address of the HTTP actions of a deployment on Convex's cloud; otherwise `null`. */
export function siteUrlOf(url: string): string | null {
  const address = trim(url)
  if (!/\.convex\.(?:cloud|site)$/.test(address))
    return null
  return address.replace(/\.cloud$/, '.site')
}

export function trim(address: string): string {
  return address.trim().replace(/\/$/, '')
}

function isAddress(value: string): boolean {
  const address = trim(value)
  return /^https?:\/\//.test(address) && URL.canParse(address) && new URL(address).pathname === '/'
}

function checkVariables(project: Project): Finding[] | { skipped: string } {
  const { envUnknown } = project
  if (envUnknown !== null)
    return { skipped: envUnknown }
  return [...checkSecret(project), ...checkOrigin(project)]
}

function checkSecret({ env, isEmbedded, authRunsIn, hasOwnSecret }: Project): Finding[] {
  const secret = env.BETTER_AUTH_SECRET
  // Without the variable, the embedded deployment has a random secret.
  const needsNone = isEmbedded || authRunsIn === 'app' || hasOwnSecret
  if (secret === undefined && needsNone)
    return []
  if (secret === undefined || secret.trim() === '')
    return [finding('SECRET_MISSING', { option: '' })]
  const problem = weaknessOf(secret)
  if (problem === null)
    return []
  return [finding('SECRET_WEAK', { problem, option: '' })]
}

/** Never contains the secret. */
export function weaknessOf(secret: string): string | null {
  if (secret.length < SHORTEST_SECRET)
    return `it has ${secret.length} characters, and must have at least ${SHORTEST_SECRET}`
  if (KNOWN_SECRETS.test(secret))
    return 'it contains a word that is common in examples'
  if (new Set(secret).size < FEWEST_DIFFERENT_LETTERS)
    return 'it repeats few characters'
  return null
}

function checkOrigin(project: Project): Finding[] {
  const { env: { SITE_URL: siteUrl }, origin, isEmbedded, running } = project
  if (siteUrl === undefined)
    return []
  if (!/^https?:\/\//.test(siteUrl) || !URL.canParse(siteUrl)) {
    const place = isEmbedded ? 'in convex/.env' : 'of the deployment'
    const expected = origin ?? running?.origin ?? originFrom(siteUrl)
    return [finding('SITE_URL_INVALID', { place, value: siteUrl, set: setSiteUrl(project, expected) })]
  }
  if (origin === null || new URL(siteUrl).origin === origin)
    return []
  return [finding('SITE_URL_NOT_ORIGIN', { siteUrl, origin, set: setSiteUrl(project, origin) })]
}

/** The origin that a value without a scheme or with a path probably means. */
function originFrom(value: string): string {
  let address = value
  if (!/^https?:\/\//.test(value))
    address = `http://${value}`
  if (!URL.canParse(address))
    return 'http://localhost:5173'
  return new URL(address).origin
}

/** The sentence that says how `SITE_URL` of the server of the app gets the origin of the page. */
export function setServerSiteUrl(origin: string): string {
  return `Set SITE_URL to ${origin} for the server of the app, or remove it, since \`nuxt dev\` sets it. `
    + 'Then start the app again.'
}

/** The sentence that says how `SITE_URL` of the deployment gets the origin of the page. */
export function setSiteUrl({ isEmbedded, functions }: Project, origin: string): string {
  if (!isEmbedded)
    return `Run \`npx convex env set SITE_URL ${origin}\` for this deployment, or open the page at SITE_URL.`
  const command = `Run \`npx convue env sync --site-url ${origin}\``
  if (readVariables(functions).SITE_URL === undefined)
    return `${command}.`
  return `${command}, or remove SITE_URL from convex/.env, and start the app again.`
}
