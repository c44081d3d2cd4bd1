/** The outcome of a token request whose answer is a token, or an error of a provider's client. */
import type { TokenOutcome } from 'convue'
import type { JwtClaims } from '../shared/jwt.ts'
import { readClaims } from '../shared/jwt.ts'

/** An error as the clients of providers throw it. */
interface ProviderError {
  /** The code of an OAuth error, such as `login_required`. */
  error?: unknown
  /** In seconds. */
  retryAfter?: unknown
}

/**
 * The errors with which a provider says that only a new sign-in leads to a token.
 *
 * @see https://openid.net/specs/openid-connect-core-1_0.html#AuthError
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-5.2
 */
const DENIALS: readonly unknown[] = [
  'login_required',
  'consent_required',
  'interaction_required',
  'account_selection_required',
  'invalid_grant',
  // Of the client of Auth0.
  'missing_refresh_token',
]

/**
 * Any failure without a definite answer, such as a network that cannot be reached, is `failed`:
 * it never signs the user out, and the request is repeated.
 *
 * @param mayBeCached Whether the client may return a token that was issued some time ago.
 * @param request Resolves with the token; with `null` or `undefined` if there is no session.
 */
export async function outcomeOf(
  mayBeCached: boolean,
  request: () => Promise<string | null | undefined>,
): Promise<TokenOutcome> {
  try {
    const token = await request()
    return token ? { kind: 'token', token, ageMs: mayBeCached ? ageOf(token) : 0 } : { kind: 'denied' }
  }
  catch (error) {
    const { error: code, retryAfter } = error as ProviderError
    if (DENIALS.includes(code))
      return { kind: 'denied' }
    const delay = typeof retryAfter === 'number' ? { retryAfterMs: retryAfter * 1000 } : {}
    return { kind: 'failed', error: error instanceof Error ? error : new Error(String(error)), ...delay }
  }
}

/**
 * How long ago a token was issued, in milliseconds. 0 if the clocks of the issuer and of the
 * browser differ so much that the age cannot be determined.
 */
export function ageOf(token: string): number {
  const { iat, exp }: Partial<JwtClaims> = readClaims(token) ?? {}
  const ageMs = Date.now() - iat * 1000
  return ageMs > 0 && ageMs < (exp - iat) * 1000 ? ageMs : 0
}
