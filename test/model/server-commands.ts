import * as fc from 'fast-check'

export const USERS = ['ada', 'bea'] as const
export type ServerUser = typeof USERS[number]

/** The prefix of the auth cookies. Browsers restrict cookies with such a prefix. */
export type SecurityPrefix = '' | '__Secure-' | '__Host-'

/** The settings that stay the same within a sequence. */
export interface ServerSetup {
  prefix: SecurityPrefix
  jwtCache: boolean
  /** Whether Better Auth keeps a copy of the session in cookies. */
  cookieCache: boolean
  /** Whether a hook of the app loads the session that a sign-in replaces. */
  loadsPrevious: boolean
}

/** How the deployment answers requests to Better Auth. */
export type UpstreamMode = 'good' | 'unreachable' | 'failing' | 'firewall' | 'empty'

/** A call of the app's server code during one request. */
export type ServerCall = 'token' | 'session' | 'query' | 'mutation'

/** What a tab requests. */
export type TabRequest
  = | { to: 'sign-in', user: ServerUser, remember: boolean }
    | { to: 'sign-out' | 'get-session' | 'convex/token' }
    | { to: 'page', calls: ServerCall[], inParallel: boolean }

/** A cookie that a sibling subdomain sets. */
export type Planted = 'session_token' | 'convex_jwt' | 'convex_jwt_binding' | 'session_data'

/**
 * An event of a browser, its app or its deployment. Commands are plain data, so that a sequence can
 * be repeated.
 */
export type ServerCommand
  /** `isSlow`: the request is answered only by `step` commands. */
  = | { do: 'send', tab: number, request: TabRequest, isSlow: boolean }
    /**
     * One of the pending requests advances by one step. `isLost`: the deployment processes the
     * request, but its answer is lost.
     */
    | { do: 'step', nth: number, isLost: boolean }
    | {
      do: 'plant'
      names: Planted[]
      prefix: SecurityPrefix
      path: string
      by: 'sibling over https' | 'sibling over http'
      value: 'valid' | 'garbage'
    }
    | { do: 'dropPlanted' | 'closeBrowser' | 'rotateKeys' }
    | { do: 'dropCookie', nth: number }
    | { do: 'closeTab', tab: number }
    | { do: 'revoke', user: ServerUser | 'mallory' }
    | { do: 'upstream', mode: UpstreamMode }
    | { do: 'wait', ms: number }

const user = fc.constantFrom(...USERS)
const tab = fc.nat(2)
const prefix = fc.constantFrom<SecurityPrefix>('', '__Secure-', '__Host-')

export const setups: fc.Arbitrary<ServerSetup> = fc.record({
  prefix,
  jwtCache: fc.constantFrom(true, true, true, false),
  cookieCache: fc.boolean(),
  loadsPrevious: fc.boolean(),
})

const request: fc.Arbitrary<TabRequest> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ to: fc.constant('sign-in' as const), user, remember: fc.boolean() }) },
  { weight: 5, arbitrary: fc.record({ to: fc.constantFrom('sign-out' as const, 'get-session' as const, 'convex/token' as const, 'convex/token' as const) }) },
  { weight: 3, arbitrary: fc.record({
    to: fc.constant('page' as const),
    calls: fc.array(fc.constantFrom<ServerCall>('token', 'session', 'query', 'mutation'), { minLength: 1, maxLength: 4 }),
    inParallel: fc.boolean(),
  }) },
)

const MINUTE = 60_000
const HOUR = 60 * MINUTE

const command: fc.Arbitrary<ServerCommand> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: fc.constant('send' as const), tab, request, isSlow: fc.boolean() }) },
  { weight: 10, arbitrary: fc.record({ do: fc.constant('step' as const), nth: fc.nat(5), isLost: fc.constantFrom(false, false, false, false, true) }) },
  { weight: 3, arbitrary: fc.record({
    do: fc.constant('plant' as const),
    names: fc.oneof(
      fc.constant<Planted[]>(['session_token', 'convex_jwt', 'convex_jwt_binding']),
      fc.uniqueArray(fc.constantFrom<Planted>('session_token', 'convex_jwt', 'convex_jwt_binding', 'session_data'), { minLength: 1 }),
    ),
    prefix,
    path: fc.constantFrom('/', '/', '/api/auth'),
    by: fc.constantFrom('sibling over https' as const, 'sibling over http' as const),
    value: fc.constantFrom('valid' as const, 'valid' as const, 'garbage' as const),
  }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('dropPlanted' as const, 'closeBrowser' as const, 'rotateKeys' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('dropCookie' as const), nth: fc.nat(7) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('closeTab' as const), tab }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('revoke' as const), user: fc.constantFrom<ServerUser | 'mallory'>(...USERS, 'mallory') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('upstream' as const), mode: fc.constantFrom<UpstreamMode>('good', 'good', 'good', 'unreachable', 'failing', 'firewall', 'empty') }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1000, 11_000, 5 * MINUTE, 14 * MINUTE + 30_000, 16 * MINUTE, 25 * HOUR, 8 * 24 * HOUR) }) },
)

/** About 20 commands on average. */
export const serverSequences: fc.Arbitrary<ServerCommand[]> = fc.array(command, { maxLength: 40, size: 'max' })
