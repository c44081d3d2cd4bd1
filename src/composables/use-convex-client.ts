import type { ConvexClient } from 'convex/browser'
import type { FunctionReference, FunctionReturnType, OptionalRestArgs } from 'convex/server'
import { diagnose } from '../diagnostics.ts'
import { IdentityChangedError } from '../identity-changed-error.ts'
import { useConvexContext } from '../plugin/context.ts'
import { functionName } from '../plugin/function-name.ts'
import { queryKey, readArgs } from '../plugin/query-key.ts'
import { until } from '../plugin/until.ts'

/** A stable handle: it always means whoever is there at the moment of a call. */
export interface UseConvexClientReturn {
  /** One answer of a query, as whoever is there. Rejects with the query's error. */
  query: <Q extends FunctionReference<'query'>>(query: Q, ...args: OptionalRestArgs<Q>) => Promise<FunctionReturnType<Q>>
  /** Runs a mutation as whoever is there; offline, it waits. Resolves once the queries on the page reflect it. */
  mutation: <M extends FunctionReference<'mutation'>>(mutation: M, ...args: OptionalRestArgs<M>) => Promise<FunctionReturnType<M>>
  /** Runs an action as whoever is there. */
  action: <A extends FunctionReference<'action'>>(action: A, ...args: OptionalRestArgs<A>) => Promise<FunctionReturnType<A>>
  /** The `ConvexClient` of this moment; another person has another one. Throws `CLIENT_UNAVAILABLE` on a server. */
  readonly client: ConvexClient
}

/**
 * Calls functions outside of components' state: in event handlers, guards and stores.
 *
 * @throws {ConvueError} `PLUGIN_MISSING`
 */
export function useConvexClient(): UseConvexClientReturn {
  const { connection, store, person } = useConvexContext('useConvexClient')

  async function call(kind: 'mutation' | 'action', reference: FunctionReference<any>, args: unknown = {}): Promise<any> {
    return connection.call({ kind, name: functionName(reference), args: readArgs(args).args })
  }

  async function query(reference: FunctionReference<'query'>, args: unknown = {}): Promise<any> {
    connection.assertAvailable()
    const entry = store.acquire(queryKey('optional', functionName(reference), args))
    const asker = person.value
    const answer = await until(() => {
      const state = entry.state.value
      if (person.value !== asker)
        return { status: 'error' as const, error: new IdentityChangedError('unknown') }
      // The plugin was closed: nobody will answer.
      if (state.status === 'paused')
        return { status: 'error' as const, error: diagnose('CLOSED') }
      return state.status === 'error' || (state.status === 'success' && !state.isStale) ? state : undefined
    })
    store.release(entry, 0)
    if (answer.status === 'error')
      throw answer.error
    return answer.value
  }

  return {
    query: (reference, ...args) => query(reference, args[0]),
    mutation: (reference, ...args) => call('mutation', reference, args[0]),
    action: (reference, ...args) => call('action', reference, args[0]),
    get client() {
      return connection.current()
    },
  }
}
