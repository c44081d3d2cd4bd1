/** Verifies tokens on this server, with the public keys that Better Auth publishes. */
import type { JWTPayload, JWTVerifyGetKey } from 'jose'
import type { UpstreamAnswer } from '../http/request-upstream.ts'
import { createLocalJWKSet, errors, jwtVerify } from 'jose'

/** Requests a path below the path of Better Auth's routes, without the cookies of any user. */
export type RequestPublic = (path: string) => Promise<UpstreamAnswer>

export interface TokenVerifier {
  /**
   * The claims of a token whose signature, issuer, audience and expiry are correct. `null` for any
   * other token, and while the keys are not known. Never waits for a request: if the keys are not
   * known, or do not contain the key of the token, they are requested for later calls.
   */
  verify: (token: string, request: RequestPublic) => Promise<JWTPayload | null>
}

/** The issuer of Better Auth's tokens, and the public keys that it publishes. */
interface Issuer {
  name: string
  keys: JWTVerifyGetKey
  receivedAt: number
  /** The claims of tokens that these keys have verified, by token; the oldest first. */
  verified: Map<string, JWTPayload>
}

/** The keys are requested again after this time, so that removed keys are not used for long. */
const MAX_AGE_MS = 10 * 60_000

/**
 * The minimum time between two requests for the keys. Tokens with an unknown key, which any client
 * can send, and failed requests therefore cause only few requests.
 */
const COOL_DOWN_MS = 30_000

/** At about 1 kB for each token and its claims, the verified tokens need at most about 1 MB. */
const MAX_VERIFIED = 1_000

/** The `applicationID` of the tokens in `auth.config.ts`. */
const AUDIENCE = 'convex'

/** Old versions of `@convex-dev/better-auth` sign tokens with `EdDSA`. */
const ALGORITHMS = ['ES256', 'RS256', 'EdDSA']

/**
 * Creates the verifier of one server, which keeps the keys. It keeps no promise of a request, since
 * some runtimes do not let a request wait for another one.
 */
export function createTokenVerifier(): TokenVerifier {
  let issuer: Issuer | null = null
  let requestedAt = -Infinity

  async function refresh(request: RequestPublic): Promise<void> {
    const now = Date.now()
    if (now - requestedAt < COOL_DOWN_MS)
      return
    requestedAt = now
    const [configuration, keys] = await Promise.all([
      request('/convex/.well-known/openid-configuration'),
      request('/convex/jwks'),
    ])
    const name = bodyOf(configuration)?.issuer
    const keySet = readKeySet(bodyOf(keys))
    if (typeof name === 'string' && keySet)
      issuer = { name, keys: keySet, receivedAt: now, verified: new Map() }
  }

  return {
    async verify(token, request) {
      // The result does not depend on these requests, and a failed request is repeated later.
      const refreshLater = (): void => void refresh(request).catch(() => {})
      if (!issuer || Date.now() - issuer.receivedAt > MAX_AGE_MS) {
        refreshLater()
        return null
      }
      const known = issuer.verified.get(token)
      if (known)
        return known.exp! * 1000 > Date.now() ? known : null
      try {
        const { payload } = await jwtVerify(token, issuer.keys, {
          issuer: issuer.name,
          audience: AUDIENCE,
          algorithms: ALGORITHMS,
          requiredClaims: ['sub', 'exp'],
        })
        remember(issuer.verified, token, payload)
        return payload
      }
      catch (error) {
        if (error instanceof errors.JWKSNoMatchingKey)
          refreshLater()
        return null
      }
    },
  }
}

function remember(verified: Map<string, JWTPayload>, token: string, claims: JWTPayload): void {
  verified.set(token, claims)
  if (verified.size > MAX_VERIFIED)
    verified.delete(verified.keys().next().value!)
}

function bodyOf(answer: UpstreamAnswer): Record<string, any> | null {
  return answer.kind === 'answer' && answer.status === 200 ? answer.body : null
}

/** `null` if the value is not a set of keys. */
function readKeySet(value: any): JWTVerifyGetKey | null {
  try {
    return createLocalJWKSet(value)
  }
  catch {
    return null
  }
}
