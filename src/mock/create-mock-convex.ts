/** `createMockConvex`: a plugin for components whose Convex functions a test or a story answers. */
import type { FunctionArgs, FunctionReference, FunctionReturnType } from 'convex/server'
import type {
  AuthStatus,
  ConvexOptions,
  PaginatedQueryArgs,
  PaginatedQueryItem,
  PaginatedQueryReference,
} from 'convue'
import type { Plugin } from 'vue'
import type { Answer, MockUser } from './answers.ts'
import type { MockCall } from './mock-deployment.ts'
import { createConvex } from 'convue'
import { nextTick } from 'vue'
import { functionName } from '../shared/function-name.ts'
import { MockDeployment } from './mock-deployment.ts'
import { MockProvider } from './mock-provider.ts'
import { takePage } from './take-page.ts'

/** Options of {@link createMockConvex}. */
export interface MockConvexOptions extends Pick<ConvexOptions, 'debug' | 'lingerMs'> {
  /** The user who is signed in at the start. @default null: anonymous */
  user?: MockUser | null
  /**
   * The status of `useConvexAuth` at the start. The status `refreshing` needs a page that has been
   * `authenticated` before: see {@link MockConvex.setAuth}.
   *
   * @default 'authenticated' with a `user`, or else 'unauthenticated'
   */
  status?: Exclude<AuthStatus, 'refreshing'>
}

/** The functions and the state that the components of a test or a story see. */
export interface MockConvex {
  /**
   * The plugin for the app that shows the components. It installs the plugin of `createConvex`,
   * whose Convex client is connected to the mock. Several apps may use it, at once or one after
   * another.
   */
  readonly plugin: Plugin<[]>
  /**
   * Answers a query. Another answer for the same query replaces the first, and arrives live. An
   * answer that is a function runs again after each mutation and action.
   *
   * @throws {ConvueError} `FUNCTION_INVALID`
   */
  query: <Query extends FunctionReference<'query'>>(
    query: Query,
    answer: Answer<FunctionArgs<Query>, FunctionReturnType<Query>>,
  ) => void
  /**
   * Answers a paginated query with all of its rows, which the mock divides into pages.
   *
   * @throws {ConvueError} `FUNCTION_INVALID`
   */
  paginatedQuery: <Query extends PaginatedQueryReference>(
    query: Query,
    rows: Answer<PaginatedQueryArgs<Query>, PaginatedQueryItem<Query>[]>,
  ) => void
  /** Answers a mutation. @throws {ConvueError} `FUNCTION_INVALID` */
  mutation: <Mutation extends FunctionReference<'mutation'>>(
    mutation: Mutation,
    answer: Answer<FunctionArgs<Mutation>, FunctionReturnType<Mutation>>,
  ) => void
  /** Answers an action. @throws {ConvueError} `FUNCTION_INVALID` */
  action: <Action extends FunctionReference<'action'>>(
    action: Action,
    answer: Answer<FunctionArgs<Action>, FunctionReturnType<Action>>,
  ) => void
  /**
   * The calls of a mutation or an action so far, in order of their arrival.
   *
   * @throws {ConvueError} `FUNCTION_INVALID`
   */
  calls: <Called extends FunctionReference<'mutation' | 'action'>>(
    called: Called,
  ) => MockCall<FunctionArgs<Called>>[]
  /**
   * Changes the status of `useConvexAuth` as a provider and a deployment would do, by a sign-in, a
   * sign-out or a refused token.
   *
   * @param status The next status. A page becomes `refreshing` only after `authenticated`.
   * @param user The user who is or will be signed in. Default: the latest user, or else a user with
   * the id `mock-user`.
   */
  setAuth: (status: AuthStatus, user?: MockUser) => void
  /**
   * `false` ends all connections, and no connection opens until `true`, as if the deployment could
   * not be reached.
   */
  setConnected: (isConnected: boolean) => void
  /**
   * Runs all subscribed queries again, after a change of data that their answers read.
   */
  invalidate: () => void
  /**
   * Resolves when the components show all answers, except for those that are pending.
   *
   * @throws {ConvueError} `MOCK_ANSWER_MISSING`, if a component has used a function without answer.
   */
  settled: () => Promise<void>
}

const URL = 'https://mock.convex.cloud'

const DEFAULT_USER: MockUser = { id: 'mock-user', name: 'Mock User' }

/** A mock is settled after this number of turns of the event loop without any activity. */
const QUIET_TURNS = 3

// Tests may replace the timers after the import of this file.
const { setTimeout } = globalThis

/**
 * Connects components to answers instead of a deployment, in unit tests, in Storybook and in the
 * browser mode of Vitest. Works in a page only: on a server, queries are not run.
 *
 * @example
 * const mock = createMockConvex({ user: { id: 'ada', name: 'Ada' } })
 * mock.query(api.tasks.list, [{ _id: 'task1', text: 'Write a test' }])
 * const list = mount(TaskList, { global: { plugins: [mock.plugin] } })
 * await mock.settled()
 */
export function createMockConvex({ user, status, ...options }: MockConvexOptions = {}): MockConvex {
  const users = new Map<string, MockUser>()
  const provider = new MockProvider()
  const deployment = new MockDeployment(id => users.get(id) ?? null)
  let latestUser = user ?? DEFAULT_USER
  setAuth(status ?? (user ? 'authenticated' : 'unauthenticated'))
  const plugin: Plugin<[]> = {
    // An app closes its plugin when it is unmounted, so each app needs a plugin of its own.
    install: app => createConvex({
      ...options,
      url: URL,
      tokenSource: provider,
      clientOptions: { webSocketConstructor: deployment.webSocketConstructor, logger: false },
    }).install(app),
  }

  function setAuth(status: AuthStatus, user = latestUser): void {
    latestUser = user
    users.set(user.id, user)
    const isSigningIn = status === 'loading' || status === 'authenticating'
    // While a user is signed in, `loading` and `authenticating` cannot follow for the same user, so
    // the user is signed out first.
    if (isSigningIn && provider.userId === user.id)
      provider.signOut()
    deployment.holdAuth(status === 'authenticating')
    if (status === 'unauthenticated')
      provider.signOut()
    else
      provider.signIn(user, status === 'loading' || status === 'refreshing' ? 'withhold' : 'issue')
    if (status === 'refreshing')
      deployment.refuseTokens()
  }

  async function settled(): Promise<void> {
    let seen = -1
    for (let quietTurns = 0; quietTurns < QUIET_TURNS; quietTurns++) {
      if (seen !== deployment.activity)
        quietTurns = 0
      seen = deployment.activity
      await new Promise(resolve => setTimeout(resolve, 0))
      await nextTick()
    }
    const [missing] = deployment.missing.splice(0)
    if (missing)
      throw missing
  }

  return {
    plugin,
    query(query, answer) {
      deployment.answers.set('query', query, answer)
      deployment.invalidate()
    },
    paginatedQuery(query, rows) {
      deployment.answers.set('query', query, takePage(rows as Answer<unknown, unknown[]>))
      deployment.invalidate()
    },
    mutation: (mutation, answer) => deployment.answers.set('mutation', mutation, answer),
    action: (action, answer) => deployment.answers.set('action', action, answer),
    calls(called) {
      const name = functionName(called)
      return deployment.calls.filter(call => call.name === name) as MockCall<any>[]
    },
    setAuth,
    setConnected(isConnected) {
      deployment.setReachable(isConnected)
      // Without this event, the client would connect only after its back-off.
      if (isConnected)
        window.dispatchEvent(new Event('online'))
    },
    invalidate: () => deployment.invalidate(),
    settled,
  }
}
