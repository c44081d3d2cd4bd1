/** The secrets of the HTTP database on the deployment, and their comparison in constant time. */
import { setupError } from '../setup-error.ts'
import { SHORTEST_SECRET } from './protocol.ts'

/** Several secrets are accepted at the same time, so that they can be rotated. */
export type AuthDatabaseSecrets = readonly (string | undefined)[] | (() => readonly (string | undefined)[])

/** The secrets of the deployment's environment: the current one, and the one before a rotation. */
export const environmentSecrets: AuthDatabaseSecrets = () =>
  [process.env.AUTH_DATABASE_SECRET, process.env.AUTH_DATABASE_SECRET_PREVIOUS]

/**
 * The secrets that are long enough. If there are none, or if one of them is too short, the log of
 * the deployment shows an error.
 */
export function acceptedSecrets(secrets: AuthDatabaseSecrets): string[] {
  const given = (typeof secrets === 'function' ? secrets() : secrets)
    .map(secret => typeof secret === 'string' ? secret.trim() : '')
    .filter(secret => secret !== '')
  const accepted = given.filter(secret => secret.length >= SHORTEST_SECRET)
  if (given.length === 0)
    console.error(setupError('AUTH_DATABASE_SECRET_MISSING', { place: 'deployment', problem: 'missing' }).message)
  else if (accepted.length < given.length)
    console.error(setupError('AUTH_DATABASE_SECRET_MISSING', { place: 'deployment', problem: 'short' }).message)
  return accepted
}

/**
 * Returns whether a request's header `Authorization` is `Bearer` and one of the secrets. The time
 * that this takes depends neither on the number of right characters nor on which secret is right:
 * hashes are compared, each to its end, with all secrets.
 */
export async function isAuthorized(header: string | null, secrets: readonly string[]): Promise<boolean> {
  const given = await hash(header ?? '')
  let matches = 0
  for (const secret of secrets) {
    const expected = await hash(`Bearer ${secret}`)
    let difference = 0
    for (let index = 0; index < expected.length; index++)
      difference |= expected[index]! ^ given[index]!
    matches += Number(difference === 0)
  }
  return matches > 0
}

async function hash(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
}
