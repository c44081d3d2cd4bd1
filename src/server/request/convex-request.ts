/** Calls Convex functions as the user of one request. */
import type { FunctionReference, FunctionReturnType } from 'convex/server'
import type { JSONValue, Value } from 'convex/values'
import type { IdentityId } from '../../shared/identity-id.ts'
import type { PaginatedQueryArgs, PaginatedQueryReference } from '../../shared/paginated-query.ts'
import type { RestArgs } from '../../shared/rest-args.ts'
import type { Preloaded } from '../../ssr/preloaded.ts'
import type { ServerConfig } from '../config/server-config.ts'
import type { FunctionCall } from './function-calls.ts'
import type { RequestSession, RequestToken, TokenAuth } from './request-identity.ts'
import type { TokenVerifier } from './token-verifier.ts'
import { makeFunctionReference } from 'convex/server'
import { jsonToConvex } from 'convex/values'
import { ConvueError } from '../../errors/convue-error.ts'
import { serverError } from '../config/server-error.ts'
import { callFunction, encodeCall } from './function-calls.ts'
import { guardOrigin } from './origin-guard.ts'
import { createRequestIdentity } from './request-identity.ts'

/** Options of `preloadAuthPaginatedQuery`. */
export interface PreloadPaginatedQueryOptions {
  /** The number of items on the first page. */
  initialNumItems: number
}

/**
 * Calls Convex as the user of one request. The identity is determined once, when a method first
 * needs it. Queries run in parallel.
 *
 * If no user is signed in, functions run anonymously. If the identity cannot be determined, because
 * Better Auth does not answer or a firewall answers instead, every method rejects with a
 * `ConvueError` (`TOKEN_REQUEST_FAILED`, `TOKEN_ENDPOINT_MISSING`, `SESSION_REQUEST_FAILED`). Such
 * an error does not mean that the user is signed out.
 */
export interface ConvexRequest {
  /**
   * The Convex JWT of the request's user; `null` for an anonymous request. The token may come from
   * a cookie, and only the deployment verifies it. So do not use the token alone to decide what a
   * user may do.
   */
  getToken: () => Promise<string | null>
  /**
   * Returns whether a user is signed in. Unlike a token, this is reliable: Better Auth confirms the
   * session.
   */
  isAuthenticated: () => Promise<boolean>
  /**
   * The user, the session and a token, which belong together: the value for `initialAuth` of
   * `createConvex`. `null` if the request is anonymous. Rejects if Better Auth reports the session
   * of one user but issues the token of another user. With `tokens: false`, `token` is `null`.
   */
  getAuth: () => Promise<RequestSession & { token: string | null } | null>
  /**
   * The user and the session that the token in the cookie states, at once: this server has verified
   * the token with Better Auth's public keys. The session may have ended since, and `user` has only
   * the claims of the token. So begin to render a page for them, and send it only if `getAuth` then
   * resolves with the same user and session. `null` if the cookie has no token that this server can
   * verify, such as before it has received the keys. Never rejects.
   */
  getTokenAuth: () => Promise<TokenAuth | null>
  /**
   * Better Auth's user and session, without the session's secret `token`; `null` for an anonymous
   * request.
   */
  getSession: () => Promise<RequestSession | null>
  /**
   * Runs a query.
   *
   * @throws the error of the query; `ConvueError` `TOKEN_REJECTED`, `FUNCTION_REQUEST_FAILED`
   */
  fetchAuthQuery: <Query extends FunctionReference<'query'>>(
    query: Query,
    ...args: RestArgs<Query>
  ) => Promise<FunctionReturnType<Query>>
  /**
   * Runs a mutation, unless a page of another site may have caused the request. The mutation is
   * sent a second time only if the deployment has rejected the token, and thus has not run the
   * mutation.
   *
   * @throws the error of the mutation; `ConvueError` `ORIGIN_UNTRUSTED`, `TOKEN_REJECTED`,
   * `FUNCTION_REQUEST_FAILED`
   */
  fetchAuthMutation: <Mutation extends FunctionReference<'mutation'>>(
    mutation: Mutation,
    ...args: RestArgs<Mutation>
  ) => Promise<FunctionReturnType<Mutation>>
  /** Runs an action. The same as `fetchAuthMutation`, but without a time limit. */
  fetchAuthAction: <Action extends FunctionReference<'action'>>(
    action: Action,
    ...args: RestArgs<Action>
  ) => Promise<FunctionReturnType<Action>>
  /**
   * Runs a query and returns its result as plain JSON, with which `usePreloadedQuery` starts a live
   * query on a page.
   */
  preloadAuthQuery: <Query extends FunctionReference<'query'>>(
    query: Query,
    ...args: RestArgs<Query>
  ) => Promise<Preloaded<Query>>
  /**
   * The same as `preloadAuthQuery`, for the first page of a paginated query. `args` of the result
   * contains `paginationOpts`.
   */
  preloadAuthPaginatedQuery: <Query extends PaginatedQueryReference>(
    query: Query,
    args: PaginatedQueryArgs<Query>,
    options: PreloadPaginatedQueryOptions,
  ) => Promise<Preloaded<Query>>
  /** The same as `preloadAuthQuery` for a query by its name, such as `tasks:list`. */
  preloadByName: (name: string, args: Record<string, Value>) => Promise<Preloaded<FunctionReference<'query'>>>
  /**
   * The headers that the response to the browser needs: the cookies that Better Auth has renewed
   * (append them, do not set them), and headers that keep the response out of caches. Read them
   * after all calls. Empty if no method has needed the identity.
   */
  responseHeaders: () => Headers
}

/** The result of a call in Convex's JSON, and the id of its user; `null` for anonymous. */
interface CallResult {
  value: JSONValue
  userId: string | null
}

/** `causedBy` is the request whose origin decides whether mutations and actions run. */
export function createConvexRequest(
  request: Request,
  causedBy: Request,
  config: ServerConfig,
  verifier: TokenVerifier,
): ConvexRequest {
  const identity = createRequestIdentity(request, config, verifier)
  /**
   * The identity of all previous calls, which is not known before the first call. All calls of a
   * request must run as the same user, so that a page never shows data of two users.
   */
  let userOfCalls: IdentityId

  async function run(call: FunctionCall): Promise<CallResult> {
    const token = await identity.token()
    try {
      return await runWith(token, call)
    }
    catch (error) {
      if (!token?.isCached || !isTokenRejected(error))
        throw error
      return await runWith(await identity.renewToken(), call)
    }
  }

  async function runWith(token: RequestToken | null, call: FunctionCall): Promise<CallResult> {
    const userId = token?.userId ?? null
    assertSameUser(token)
    const value = await callFunction(config, call, token?.value ?? null)
    assertSameUser(token)
    userOfCalls = userId
    return { value, userId }
  }

  function assertSameUser(token: RequestToken | null): void {
    const userId = token?.userId ?? null
    if ((userOfCalls !== undefined && userOfCalls !== userId) || !identity.isCurrent(token))
      throw serverError('IDENTITY_CHANGED', 'request')
  }

  async function write(
    kind: 'mutation' | 'action',
    reference: FunctionReference<any>,
    args: [args?: any],
  ): Promise<any> {
    guardOrigin(causedBy, config)
    return jsonToConvex((await run(encodeCall(kind, reference, ...args))).value)
  }

  async function getAuth(): ReturnType<ConvexRequest['getAuth']> {
    await Promise.all([identity.session(), identity.token()])
    // The token is requested again. Only now is it certain that the token belongs to the session,
    // since the session is known. An end of the session also becomes known only now.
    const token = await identity.token()
    const session = await identity.session()
    if (!session || (!token && config.hasTokens))
      return null
    return { ...session, token: token?.value ?? null }
  }

  async function preload(query: FunctionReference<'query'>, args?: any): Promise<Preloaded<any>> {
    const encoded = encodeCall('query', query, args)
    return { name: encoded.name, args: encoded.args, ...await run(encoded) }
  }

  return {
    getToken: async () => (await identity.token())?.value ?? null,
    isAuthenticated: async () => await identity.session() !== null,
    getAuth,
    getTokenAuth: identity.tokenAuth,
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
