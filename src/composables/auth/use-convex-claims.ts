/** `useConvexClaims`: the claims of the user's token, for what a page shows. */

import type { ComputedRef } from 'vue'
import { computed } from 'vue'
import { useConvexContext } from '../../plugin/context.ts'
import { readClaims } from '../../shared/jwt.ts'
import { includesOneOf } from '../../shared/roles.ts'
import { shareStructure } from '../../shared/structural-sharing.ts'

/**
 * The claims of a token, without those that describe the token itself (`exp`, `iat`, `nbf` and
 * `jti`). Augment this interface with the claims of your tokens.
 */
export interface ConvexClaims {
  /** The id of the user. */
  sub: string
  [claim: string]: any
}

/** A role, several roles of which one is enough, or a condition on the claims. */
export type ClaimCondition = string | readonly string[] | ((claims: ConvexClaims) => boolean)

/** The claims of the current token, and a check of them. */
export interface UseConvexClaimsReturn {
  /**
   * The claims of the current token, with which queries and calls run. `null` while there is no
   * token. Remains the same object while the claims are equal. `null` in the tick of a sign-out.
   */
  claims: ComputedRef<ConvexClaims | null>
  /**
   * Whether the claims meet a condition. Reactive. A string is a role in the claim `role`, which
   * may be a name, a list, or names separated by commas. `false` without a token; a function is
   * then not called.
   */
  can: (condition: ClaimCondition) => boolean
}

/**
 * The claims of the user's token, to decide what a page shows. This does not protect any data: your
 * functions decide what a user may read and do, since a user can change everything on a page.
 *
 * @throws {ConvueError} `PLUGIN_MISSING`
 * @example
 * const { can } = useConvexClaims()
 * // <a v-if="can('admin')" href="/admin">Administration</a>
 */
export function useConvexClaims(): UseConvexClaimsReturn {
  const { authState, clients, engine } = useConvexContext('useConvexClaims')
  clients.needUser()

  const claims = computed<ConvexClaims | null>((previous) => {
    // The token is not reactive. The engine changes its state whenever it accepts or drops a token,
    // so reading the state is enough.
    const { user } = authState.value
    const found = user ? describeUser(engine.token?.value) : null
    return shareStructure(previous, found) as ConvexClaims | null
  })

  function can(condition: ClaimCondition): boolean {
    const { value } = claims
    if (!value)
      return false
    if (typeof condition === 'function')
      return condition(value)
    return includesOneOf(value.role, typeof condition === 'string' ? [condition] : condition)
  }

  return { claims, can }
}

/** The claims of a token that describe the user. */
function describeUser(token: string | undefined): ConvexClaims | null {
  const claims = readClaims(token)
  if (!claims)
    return null
  const { exp: _exp, iat: _iat, nbf: _nbf, jti: _jti, ...described } = claims
  return described as ConvexClaims
}
