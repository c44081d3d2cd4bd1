/** `useConvexClient`: one-off calls as the current identity, outside of a component's state. */

import type { ConvexClient } from 'convex/browser'
import type { FunctionReference, FunctionReturnType } from 'convex/server'
import type { Call } from '../../client/pending-call.ts'
import type { RestArgs } from '../../shared/rest-args.ts'
import type { UseConvexMutationOptions } from './use-convex-mutation.ts'
import { useConvexContext } from '../../plugin/context.ts'
import { runAsIdentity } from '../../plugin/identity-scoped.ts'
import { functionName } from '../../shared/function-name.ts'
import { startCall } from './start-call.ts'

/**
 * A handle that remains valid after an identity change: each call runs as the identity that is
 * current when the call is made.
 */
export interface UseConvexClientReturn {
  /**
   * Runs a query once as the current identity, and resolves with its result.
   *
   * @throws the error of the query
   * @throws {IdentityChangedError} The identity changed before the result arrived.
   */
  query: <Q extends FunctionReference<'query'>>(query: Q, ...args: RestArgs<Q>) => Promise<FunctionReturnType<Q>>
  /**
   * Runs a mutation as the current identity. Offline, the call waits for the connection. Resolves
   * once the queries on the page reflect the mutation.
   *
   * @throws {IdentityChangedError} The identity changed before the result arrived.
   */
  mutation: <M extends FunctionReference<'mutation'>>(
    mutation: M,
    ...rest: [...RestArgs<M>, options?: Pick<UseConvexMutationOptions<M>, 'optimisticUpdate' | 'offline'>]
  ) => Promise<FunctionReturnType<M>>
  /**
   * Runs an action as the current identity. Offline, the call waits for the connection. If the
   * connection drops during the call, the promise rejects after the reconnection.
   *
   * @throws {IdentityChangedError} The identity changed before the result arrived.
   */
  action: <A extends FunctionReference<'action'>>(action: A, ...args: RestArgs<A>) => Promise<FunctionReturnType<A>>
  /**
   * The `ConvexClient` of the current identity: read it again after an identity change.
   *
   * @throws {ConvueError} `CLIENT_UNAVAILABLE` on a server
   */
  readonly client: ConvexClient
}

/**
 * Calls functions outside of a component's state: in event handlers, route guards and stores.
 *
 * @throws {ConvueError} `PLUGIN_MISSING`
 * @example
 * const convex = useConvexClient()
 * const onClick = async () => { count.value = (await convex.query(api.tasks.list, {})).length }
 */
export function useConvexClient(): UseConvexClientReturn {
  const context = useConvexContext('useConvexClient')
  const { clients } = context

  const call = (kind: Call['kind']) => (reference: FunctionReference<any>, ...[args = {}, options]: any[]) =>
    runAsIdentity<any>(context, () =>
      startCall(context, { kind, name: functionName(reference), args, ...options }).result)

  return {
    query: call('query'),
    mutation: call('mutation'),
    action: call('action'),
    get client() {
      return clients.currentClient()
    },
  }
}
