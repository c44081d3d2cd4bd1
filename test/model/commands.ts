import type { QueryAuth } from '../../src/shared/query-descriptor.ts'
import * as fc from 'fast-check'

export const USERS = ['ada', 'bea', 'cyd'] as const
export type User = typeof USERS[number]

/**
 * The argument of a query. `null` pauses the query. The functions can fail for each topic
 * separately.
 */
export type Topic = 'a' | 'b' | null

/** One view on a page: a component that shows one query or several queries. */
export interface ViewSpec {
  kind: 'query' | 'queries' | 'list' | 'secret' | 'transform' | 'initial' | 'preloaded'
  /** The user for whom a server has preloaded the query. */
  preloadedFor: User | null
  auth: QueryAuth
  live: boolean
  keepPreviousData: boolean
  keepDataOnError: boolean
  lingerMs: number
  /** Whether a `KeepAlive` deactivates the view instead of unmounting it. */
  keepAlive: boolean
  /** Whether the arguments can change. If they cannot, the topic is always `'a'`. */
  isReactive: boolean
}

/** The initial conditions of a page. */
export interface Boot {
  /** The user of the session cookie. */
  user: User | null
  /** How the provider assigns ids to its sessions. */
  sessionIds: SessionIds
  /** Whether the provider has already reported the session (`spoken`) when the page starts. */
  snapshot: 'silent' | 'spoken'
  hint: boolean
  tokens: TokenMode
  rendered: boolean
  /**
   * Whether the app reads the auth status only after it has settled for the first time, so that the
   * page requests no token until a query or a call needs its user. @default false
   */
  readsStatusLate?: boolean
  latencyMs: number
  mount: ViewSpec[]
  /**
   * Whether results of queries are stored for the next visit, and whether the server sets a
   * companion cookie.
   */
  store: 'none' | 'companion' | 'plain'
}

/** How the provider answers requests for tokens. */
export type TokenMode = 'good' | 'failing' | 'limited' | 'throwing' | 'stalled' | 'late' | 'garbage' | 'foreign' | 'same'

/** Each session has its own id, all sessions share one id, or sessions have no id. */
export type SessionIds = 'unique' | 'constant' | 'missing'

/** How the file storage answers. */
export type StorageMode = 'good' | 'failing' | 'refusing' | 'stalled'

/**
 * An event on a page. Commands are plain data, so that a sequence can be shrunk, printed and
 * repeated. `heard`: the page learns of the event at once; for `announce`, the announced user is
 * the current user.
 */
export type Command
  = | { do: 'signIn', user: User, heard: boolean }
    | { do: 'signOut' | 'signOutElsewhere' | 'rotate' | 'announce', heard: boolean }
    /**
     * The provider reports a session. `truth`: the current one. `empty`: the answer is
     * inconclusive.
     */
    | { do: 'reportSession', what: 'truth' | 'failed' | 'previous' | 'pending' | 'empty' }
    /** Another tab of this app, or of another app of this origin, announces its current user. */
    | { do: 'announceUser', user: User | null, by: 'app' | 'another app' }
    /** The deployment rejects the next tokens. */
    | { do: 'rejectTokens', tokens: number }
    /**
     * For this time, the deployment rejects all tokens, even tokens that it has accepted before.
     * The usual causes are wrong keys or a wrong clock.
     */
    | { do: 'rejectTokensFor', ms: number }
    /**
     * The deployment closes a connection with a fatal error, so that its client never reconnects.
     */
    | { do: 'failFatally', nth: number }
    /** The data of the session changes, but its id does not. */
    | { do: 'changeClaims', heard: boolean }
    /** The app requests the session and a token again. */
    | { do: 'refreshAuth' }
    /** The token endpoint fails with `Retry-After`. */
    | { do: 'retryAfter', ms: number }
    | { do: 'tokens', mode: TokenMode, user: User }
    | { do: 'answerLate' }
    | Reaction
    | { do: 'unmount' | 'deactivate' | 'activate', slot: number }
    | { do: 'fail', topic: 'a' | 'b' }
    | { do: 'storage', mode: StorageMode }
    /** A component reacts to an identity change in the same tick, before any other code runs. */
    | { do: 'inTick', reaction: Reaction }
    | { do: 'restart' | 'drop' | 'cut' | 'hold' | 'flush' | 'unreachable' | 'reachable' | 'hide' | 'show' | 'online' }
    | { do: 'jump' | 'wait', ms: number }
    /**
     * Runs the next timer, for example one that delivers a message. The next command follows in the
     * same tick.
     */
    | { do: 'step' }
    | { do: 'settle' }
    /**
     * The page is closed, and the app is opened again. Meanwhile, while no tab is open, the session
     * may be replaced by another session of the same user, or by that of another user, or may end.
     * `tokens`: how the provider answers afterwards.
     */
    | { do: 'reload', meanwhile: 'nothing' | 'rotate' | 'signOut' | User, tokens: TokenMode }
    /** Another tab signs out, and deletes the stored results of its user. */
    | { do: 'deleteElsewhere', heard: boolean }

/** An action of the app's own code in one tick. */
export type Reaction
  = | { do: 'args', slot: number, topic: Topic }
    | { do: 'mount', slot: number, view: ViewSpec }
    /** Subscribes outside of components, as a store does, for as long as the page exists. */
    | { do: 'subscribe', view: ViewSpec }
    | { do: 'refresh' | 'loadMore' | 'act' | 'cancelUploads' }
    /**
     * `own`: changes the user's own data. `other`: changes another user's data, which the function
     * rejects.
     */
    | { do: 'mutate', topic: 'a' | 'b', optimistic: 'none' | 'value' | 'loading', whose: 'own' | 'other' }
    | { do: 'upload', files: number }
    | { do: 'change', topic: 'a' | 'b' }

export const SLOTS = 4

const slot = fc.nat(SLOTS - 1)
const user = fc.constantFrom(...USERS)
const topic = fc.constantFrom('a' as const, 'b' as const)

const view: fc.Arbitrary<ViewSpec> = fc.record({
  kind: fc.constantFrom('query', 'query', 'queries', 'list', 'list', 'secret', 'transform', 'initial', 'preloaded'),
  preloadedFor: fc.option(user),
  auth: fc.constantFrom('optional', 'required', 'public'),
  live: fc.constantFrom(true, true, false),
  keepPreviousData: fc.boolean(),
  keepDataOnError: fc.boolean(),
  lingerMs: fc.constantFrom(0, 3000),
  keepAlive: fc.boolean(),
  isReactive: fc.constantFrom(true, true, false),
})

export const boots: fc.Arbitrary<Boot> = fc.record({
  user: fc.option(user),
  sessionIds: fc.constantFrom<SessionIds>('unique', 'unique', 'constant', 'missing'),
  snapshot: fc.constantFrom('silent', 'spoken'),
  hint: fc.boolean(),
  tokens: fc.constantFrom<TokenMode>('good', 'good', 'late', 'stalled'),
  rendered: fc.boolean(),
  readsStatusLate: fc.boolean(),
  latencyMs: fc.constantFrom(0, 20),
  mount: fc.array(view, { minLength: 0, maxLength: 3 }),
  store: fc.constantFrom<Boot['store']>('none', 'companion', 'companion', 'companion', 'plain'),
})

const reaction: fc.Arbitrary<Reaction> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('args' as const), slot, topic: fc.option(topic) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('mount' as const), slot, view }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('subscribe' as const), view }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('refresh' as const, 'loadMore' as const, 'loadMore' as const, 'act' as const, 'cancelUploads' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('mutate' as const), topic, optimistic: fc.constantFrom('none' as const, 'value' as const, 'loading' as const), whose: fc.constantFrom('own' as const, 'own' as const, 'other' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('upload' as const), files: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('change' as const), topic }) },
)

const meanwhile = fc.constantFrom('nothing' as const, 'nothing' as const, 'nothing' as const, 'rotate' as const, 'signOut' as const, 'bea' as const)
const tokensAtReload = fc.constantFrom<TokenMode>('good', 'stalled', 'stalled', 'failing')

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('signIn' as const), user, heard: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('signOut' as const, 'signOutElsewhere' as const, 'rotate' as const, 'announce' as const), heard: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('reportSession' as const), what: fc.constantFrom('truth' as const, 'failed' as const, 'previous' as const, 'pending' as const, 'empty' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('announceUser' as const), user: fc.option(user), by: fc.constantFrom('app' as const, 'app' as const, 'another app' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rejectTokens' as const), tokens: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rejectTokensFor' as const), ms: fc.constantFrom(3000, 60_000, 200_000, 600_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('failFatally' as const), nth: fc.nat(1) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('changeClaims' as const), heard: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('refreshAuth' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('retryAfter' as const), ms: fc.constantFrom(2000, 120_000, 86_400_000) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('tokens' as const), mode: fc.constantFrom<TokenMode>('good', 'good', 'failing', 'throwing', 'stalled', 'late', 'garbage', 'foreign', 'same'), user }) },
  { weight: 1, arbitrary: fc.constant({ do: 'answerLate' as const }) },
  { weight: 16, arbitrary: reaction },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('inTick' as const), reaction }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('unmount' as const, 'deactivate' as const, 'activate' as const), slot }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fail' as const), topic }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('storage' as const), mode: fc.constantFrom<StorageMode>('good', 'good', 'failing', 'refusing', 'stalled') }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('restart' as const, 'drop' as const, 'cut' as const, 'hold' as const, 'flush' as const, 'unreachable' as const, 'reachable' as const, 'hide' as const, 'show' as const, 'online' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('jump' as const), ms: fc.constantFrom(-3_600_000, -30_000, 30_000, 3_600_000) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 15, 50, 600, 2100, 3500, 12_000, 70_000) }) },
  { weight: 4, arbitrary: fc.constant({ do: 'step' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'settle' as const }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('reload' as const), meanwhile, tokens: tokensAtReload }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('deleteElsewhere' as const), heard: fc.boolean() }) },
)

/** About 30 commands on average. */
const commands: fc.Arbitrary<Command[]> = fc.array(command, { maxLength: 60, size: 'max' })

/**
 * Commands on a page whose user has visited it before, so that it shows stored results. The first of
 * them often change the identity while the page does not know it yet.
 */
const laterVisit: fc.Arbitrary<Command[]> = fc.record({
  meanwhile,
  tokens: tokensAtReload,
  first: fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant('signIn' as const), user, heard: fc.constant(true) }) },
    fc.record({ do: fc.constantFrom('signOutElsewhere' as const, 'rotate' as const, 'deleteElsewhere' as const), heard: fc.boolean() }),
    command,
  ),
  rest: commands,
}).map(({ meanwhile, tokens, first, rest }) => [{ do: 'settle' }, { do: 'reload', meanwhile, tokens }, { do: 'wait', ms: 15 }, first, ...rest])

export const sequences: fc.Arbitrary<Command[]> = fc.oneof({ weight: 2, arbitrary: commands }, { weight: 1, arbitrary: laterVisit })
