import type { FunctionReference, FunctionReturnType } from 'convex/server'
import type { JSONValue, Value } from 'convex/values'
import type { PaginatedQueryArgs, PaginatedQueryReference } from '../../shared/paginated-query.ts'
import type { RestArgs } from '../../shared/rest-args.ts'
import type { Preloaded } from '../../ssr/preloaded.ts'
import type { ServerConfig } from '../config/server-config.ts'
import type { FunctionCall } from './function-calls.ts'
import type { RequestSession, RequestToken } from './request-identity.ts'
import { makeFunctionReference } from 'convex/server'
import { jsonToConvex } from 'convex/values'
import { ConvueError } from '../../errors/convue-error.ts'
import { serverError } from '../config/server-error.ts'
import { callFunction, encodeCall } from './function-calls.ts'
import { guardOrigin } from './origin-guard.ts'
import { createRequestIdentity } from './request-identity.ts'

/** A query that takes `paginationOpts` and returns one page. */
export type PaginatedQuery = PaginatedQueryReference

/** Options of `preloadAuthPaginatedQuery`. */
export interface PreloadPaginatedQueryOptions {
  /** How many items the first page has. */
  initialNumItems: number
}

/**
 * Convex as whoever makes one request. Who that is gets asked at most once, when it is first needed; queries run in parallel.
 *
 * Functions run as nobody where nobody is signed in. Where that cannot be found out, because Better Auth does not answer or something in between
 * does, every method rejects with a `ConvueError` (`TOKEN_REQUEST_FAILED`, `TOKEN_ENDPOINT_MISSING`, `SESSION_REQUEST_FAILED`): that is not "signed out".
 */
export interface ConvexRequest {
  /**
   * The Convex JWT of the request's user; `null` for nobody. It comes from a cookie as long as that is valid, and only the deployment verifies it:
   * do not decide by it alone what somebody may do.
   */
  getToken: () => Promise<string | null>
  /** Whether there is a session. Better Auth is asked, so unlike a token this may be relied on. */
  isAuthenticated: () => Promise<boolean>
  /**
   * User, session and token that agree, as `initialAuth` of `createConvex` takes them; `null` if the request is anonymous.
   * Rejects if Better Auth reports one user's session and issues another user's token.
   * `token` is `null` with `tokens: false`.
   */
  getAuth: () => Promise<RequestSession & { token: string | null } | null>
  /** Better Auth's user and session, without the session's secret `token`; `null` for nobody. */
  getSession: () => Promise<RequestSession | null>
  /**
   * Runs a query.
   *
   * @throws what the query throws; `ConvueError` `TOKEN_REJECTED`, `FUNCTION_REQUEST_FAILED`
   */
  fetchAuthQuery: <Query extends FunctionReference<'query'>>(query: Query, ...args: RestArgs<Query>) => Promise<FunctionReturnType<Query>>
  /**
   * Runs a mutation, unless a page of another site may have caused the request. It is never sent
   * twice, except when the deployment refused the token and so did not run it.
   *
   * @throws what the mutation throws; `ConvueError` `ORIGIN_UNTRUSTED`, `TOKEN_REJECTED`, `FUNCTION_REQUEST_FAILED`
   */
  fetchAuthMutation: <Mutation extends FunctionReference<'mutation'>>(
    mutation: Mutation,
    ...args: RestArgs<Mutation>
  ) => Promise<FunctionReturnType<Mutation>>
  /** Runs an action, under the rules of `fetchAuthMutation`, for as long as it takes. */
  fetchAuthAction: <Action extends FunctionReference<'action'>>(action: Action, ...args: RestArgs<Action>) => Promise<FunctionReturnType<Action>>
  /** Runs a query and returns its answer as plain JSON, from which a page goes live with `usePreloadedQuery`. */
  preloadAuthQuery: <Query extends FunctionReference<'query'>>(query: Query, ...args: RestArgs<Query>) => Promise<Preloaded<Query>>
  /** The same for the first page of a paginated query; `args` of the result hold its `paginationOpts`. */
  preloadAuthPaginatedQuery: <Query extends PaginatedQuery>(
    query: Query,
    args: PaginatedQueryArgs<Query>,
    options: PreloadPaginatedQueryOptions,
  ) => Promise<Preloaded<Query>>
  /** The same as `preloadAuthQuery` for a query by its name, such as `tasks:list`. */
  preloadByName: (name: string, args: Record<string, Value>) => Promise<Preloaded<FunctionReference<'query'>>>
  /**
   * What the response to the browser needs, to be read when all calls are done: the cookies that Better Auth renewed (append them, do not set), and
   * that no cache may keep it. Empty as long as nobody asked who makes the request.
   */
  responseHeaders: () => Headers
}

/** `causedBy` is the request whose origin counts. */
export function createConvexRequest(request: Request, causedBy: Request, config: ServerConfig): ConvexRequest {
  const identity = createRequestIdentity(request, config)
  /** As whom calls of this request ran; `undefined` before the first. One page never shows two people's data. */
  let ranAs: string | null | undefined

  async function call(call: FunctionCall): Promise<{ value: JSONValue, userId: string | null }> {
    const token = await identity.token()
    try {
      return await callAs(token, call)
    }
    catch (error) {
      if (!token?.isCached || !isTokenRejected(error))
        throw error
      return await callAs(await identity.renewToken(), call)
    }
  }

  async function callAs(token: RequestToken | null, call: FunctionCall): Promise<{ value: JSONValue, userId: string | null }> {
    const userId = token?.userId ?? null
    assertSameUser(token)
    const value = await callFunction(config, call, token?.value ?? null)
    assertSameUser(token)
    ranAs = userId
    return { value, userId }
  }

  function assertSameUser(token: RequestToken | null): void {
    const userId = token?.userId ?? null
    if ((ranAs !== undefined && ranAs !== userId) || !identity.isCurrent(token))
      throw serverError('IDENTITY_CHANGED', 'request')
  }

  async function write(kind: 'mutation' | 'action', reference: FunctionReference<any>, args: [args?: any]): Promise<any> {
    guardOrigin(causedBy, config)
    return jsonToConvex((await call(encodeCall(kind, reference, ...args))).value)
  }

  async function getAuth(): ReturnType<ConvexRequest['getAuth']> {
    const [session] = await Promise.all([identity.session(), identity.token()])
    // Requested again: only after the session is known, the token is certainly of this session.
    const token = await identity.token()
    if (!session || (!token && config.hasTokens))
      return null
    return { ...session, token: token?.value ?? null }
  }

  async function preload(query: FunctionReference<'query'>, args?: any): Promise<Preloaded<any>> {
    const encoded = encodeCall('query', query, args)
    return { name: encoded.name, args: encoded.args, ...await call(encoded) }
  }

  return {
    getToken: async () => (await identity.token())?.value ?? null,
    isAuthenticated: async () => await identity.session() !== null,
    getAuth,
    getSession: identity.session,
    fetchAuthQuery: async (query, ...args) => jsonToConvex((await preload(query, ...args)).value) as any,
    fetchAuthMutation: (mutation, ...args) => write('mutation', mutation, args),
    fetchAuthAction: (action, ...args) => write('action', action, args),
    preloadAuthQuery: preload,
    preloadByName: (name, args) => preload(makeFunctionReference<'query'>(name), args),
    preloadAuthPaginatedQuery: (query, args, { initialNumItems }) =>
      preload(query, { ...args, paginationOpts: { numItems: initialNumItems, cursor: null } }),
    responseHeaders: identity.responseHeaders,
  }
}

function isTokenRejected(error: unknown): boolean {
  return error instanceof ConvueError && error.code === 'TOKEN_REJECTED'
}
