/** Chooses and asks for the variables of the production deployment. */
import process from 'node:process'
import { isCancel, text } from '@clack/prompts'
import { devError } from '../../dev/dev-error.ts'

/** Production has a secret and keys of its own, which no file of a developer contains. */
const OWN_OF_PRODUCTION = ['BETTER_AUTH_SECRET', 'JWKS']

/** The variables of the file, without those that belong to this machine. */
export function withoutLocal(variables: Record<string, string>): Record<string, string> {
  const entries = Object.entries(variables).filter(([name, value]) =>
    !OWN_OF_PRODUCTION.includes(name) && !(name === 'SITE_URL' && isLocal(value)))
  return Object.fromEntries(entries)
}

function isLocal(url: string): boolean {
  return !URL.canParse(url) || /^(?:localhost|127\.0\.0\.1|\[::1\])$/.test(new URL(url).hostname)
}

/**
 * Asks for the address of the page, if a developer can answer in the terminal.
 *
 * @throws ConvueError `SITE_URL_MISSING`
 */
export async function requireSiteUrl(): Promise<string> {
  if (!process.stdin.isTTY)
    throw devError('SITE_URL_MISSING')
  const answer = await text({
    message: 'At which address do users open the app in production?',
    placeholder: 'https://example.com',
    validate: value => isOrigin(value ?? '') ? undefined : 'Write an address such as https://example.com',
  })
  if (isCancel(answer))
    throw devError('SITE_URL_MISSING')
  return new URL(answer).origin
}

/** @throws ConvueError `COMMAND_LINE_INVALID` */
export function readSiteUrl(value: string): string {
  if (isOrigin(value))
    return new URL(value).origin
  const expected = 'an address such as https://example.com'
  const command = 'convue env sync'
  throw devError('COMMAND_LINE_INVALID', { kind: 'value', command, name: '--site-url', value, expected })
}

function isOrigin(value: string): boolean {
  return /^https?:\/\//.test(value) && URL.canParse(value)
}
