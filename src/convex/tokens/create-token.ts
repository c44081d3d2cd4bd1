/** Creates the token of a session. */
import type { AuthContext, KeyStore } from './key-store.ts'
import type { ConvexTokenOptions, TokenConfig, TokenSession } from './token-options.ts'
import { parseUserOutput } from 'better-auth/db'
import { setupError } from '../setup-error.ts'
import { signJwt } from './sign-jwt.ts'
import { AUDIENCE, issuerOf } from './token-options.ts'

/** A signed token, and its lifetime. */
export interface CreatedToken {
  token: string
  /** Seconds until the token expires. */
  maxAge: number
}

interface TokenMaker {
  config: TokenConfig
  keys: KeyStore
  definePayload: NonNullable<ConvexTokenOptions['jwt']>['definePayload']
}

/**
 * The names under which `getUserIdentity()` of Convex returns `sub`, `iss` and both together.
 * A claim of such a name could replace the value, since Convex does not document them as reserved.
 *
 * @see https://docs.convex.dev/auth/advanced/custom-jwt
 */
const IDENTITY_NAMES = ['subject', 'issuer', 'tokenIdentifier']

/** @throws ConvueError `CONVEX_OPTION_INVALID`, `SIGNING_KEY_MISSING`, `SIGNING_KEY_UNREADABLE` */
export async function createToken(
  context: AuthContext & { options: any },
  session: TokenSession,
  { config, keys, definePayload }: TokenMaker,
): Promise<CreatedToken> {
  const iat = Math.floor(Date.now() / 1000)
  const sessionEnd = Math.floor(new Date(session.session.expiresAt).getTime() / 1000)
  const exp = Math.min(iat + config.tokenSeconds, sessionEnd)
  const payload = await (definePayload ?? (({ user }) => defaultPayload(context.options, user)))(session)
  if (typeof payload !== 'object' || payload === null)
    throw setupError('CONVEX_OPTION_INVALID', '`jwt.definePayload` must return an object')
  const claims = {
    ...Object.fromEntries(Object.entries(payload).filter(([name]) => !IDENTITY_NAMES.includes(name))),
    sessionId: session.session.id,
    sub: session.user.id,
    iss: issuerOf(config.issuer),
    aud: AUDIENCE,
    iat,
    exp,
  }
  return { token: await signJwt(claims, await keys.signer(context)), maxAge: exp - iat }
}

/** The fields of the user that Better Auth shows to the client. */
function defaultPayload(options: any, user: TokenSession['user']): Record<string, unknown> {
  const { id: _id, image: _image, ...fields } = parseUserOutput(options, user as any) as Record<string, unknown>
  return fields
}
