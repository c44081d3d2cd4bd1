import type { ConvexClient } from 'convex/browser'
import type { FunctionReference, FunctionReturnType } from 'convex/server'
import type { Call } from '../../client/pending-call.ts'
import type { RestArgs } from '../../shared/rest-args.ts'
import type { UseConvexMutationOptions } from './use-convex-mutation.ts'
import { useConvexContext } from '../../plugin/context.ts'
import { identityGuard } from '../../plugin/identity-scoped.ts'
import { functionName } from '../../shared/function-name.ts'

/** A stable handle: it always means whoever is there at the moment of a call. */
export interface UseConvexClientReturn {
  /** One answer of a query, as whoever is there. Rejects with the query's error. */
  query: <Q extends FunctionReference<'query'>>(query: Q, ...args: RestArgs<Q>) => Promise<FunctionReturnType<Q>>
  /** Runs a mutation as whoever is there; offline, it waits. Resolves once the queries on the page reflect it. */
  mutation: <M extends FunctionReference<'mutation'>>(
    mutation: M,
    ...rest: [...RestArgs<M>, options?: Pick<UseConvexMutationOptions<M>, 'optimisticUpdate'>]
  ) => Promise<FunctionReturnType<M>>
  /** Runs an action as whoever is there; offline, it waits. One that was under way when the connection dropped rejects when it is back. */
  action: <A extends FunctionReference<'action'>>(action: A, ...args: RestArgs<A>) => Promise<FunctionReturnType<A>>
  /** The `ConvexClient` of this moment; another person has another one. Throws `CLIENT_UNAVAILABLE` on a server. */
  readonly client: ConvexClient
}

/**
 * Calls functions outside of components' state: in event handlers, guards and stores.
 *
 * @throws {ConvueError} `PLUGIN_MISSING`
 * @example
 * const convex = useConvexClient()
 * const onClick = async () => { count.value = (await convex.query(api.tasks.list, {})).length }
 */
export function useConvexClient(): UseConvexClientReturn {
  const context = useConvexContext('useConvexClient')
  const { clients } = context

  const call = (kind: Call['kind']) => async (reference: FunctionReference<any>, ...[args = {}, options]: any[]): Promise<any> => {
    const guard = identityGuard(context)
    let result: unknown
    let error: Error | undefined
    try {
      result = await clients.calls.start({ kind, name: functionName(reference), args, ...options }).result
      error = guard()
    }
    catch (cause) {
      error = guard(cause as Error)
    }
    if (error)
      throw error
    return result
  }

  return {
    query: call('query'),
    mutation: call('mutation'),
    action: call('action'),
    get client() {
      return clients.currentClient()
    },
  }
}
