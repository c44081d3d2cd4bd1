/** The identity of a connection: which tabs may share it, and with which token. */
import type { Authenticate } from './protocol.ts'
import { readClaims } from '../../shared/jwt.ts'

/** Claims that differ between two tokens of the same session, and that no result depends on. */
const OF_ONE_TOKEN = ['iat', 'exp', 'nbf', 'jti']

/** A token, with the data by which a newer token may replace it. Times are in seconds. */
export interface UserToken {
  value: string
  expiresAt: number
  lifetime: number
}

/** Tabs with equal keys share a connection. */
export interface LinkIdentity {
  key: string
  token: UserToken | null
}

export const ANONYMOUS: LinkIdentity = { key: 'anonymous', token: null }

/**
 * The identity that a message claims. All claims are part of it, since a query may depend on any of
 * them: tokens of one user for two organizations do not share results.
 *
 * @returns `null` if connections of this identity cannot be shared, such as those of an admin.
 */
export function identify({ tokenType, value }: Authenticate): LinkIdentity | null {
  if (tokenType === 'None')
    return ANONYMOUS
  const claims = tokenType === 'User' ? readClaims(value) : null
  if (!claims)
    return null
  const lasting = Object.entries(claims).filter(([name]) => !OF_ONE_TOKEN.includes(name))
  const { exp: expiresAt = Infinity, iat = 0 } = claims
  return { key: `user ${stableJson(lasting.sort())}`, token: { value: value!, expiresAt, lifetime: expiresAt - iat } }
}

/**
 * Whether a token must replace the token of a connection now. After each `Authenticate`, the
 * deployment runs all queries again. Therefore, the tokens that ten tabs have requested at the same
 * time are not sent one after another.
 */
export function isRenewal(next: UserToken, current: UserToken): boolean {
  const gain = next.expiresAt - current.expiresAt
  return gain >= current.lifetime * 0.4
}

/**
 * Whether a token expires so soon that it must be replaced. `now` is the time by the clock of the
 * deployment, in seconds since 1970.
 */
export function isEnding({ expiresAt, lifetime }: UserToken, now: number): boolean {
  return expiresAt - now < Math.min(60, lifetime / 5)
}

/** JSON in which the order of the fields of an object does not matter. */
export function stableJson(value: unknown): string {
  return JSON.stringify(value, (_, part) => isRecord(part) ? Object.fromEntries(Object.entries(part).sort()) : part)
}

function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
