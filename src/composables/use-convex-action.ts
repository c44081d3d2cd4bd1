import type { FunctionArgs, FunctionReference, FunctionReturnType, OptionalRestArgs } from 'convex/server'
import type { UseConvexCallOptions, UseConvexCallReturn } from './use-convex-call.ts'
import { useConvexCall } from './use-convex-call.ts'

export interface UseConvexActionOptions<A extends FunctionReference<'action'>>
  extends UseConvexCallOptions<FunctionArgs<A>, FunctionReturnType<A>> {}

export interface UseConvexActionReturn<A extends FunctionReference<'action'>>
  extends UseConvexCallReturn<FunctionReturnType<A>> {
  /**
   * Runs the action as whoever is there. Actions are not repeated: one that is under way when the connection drops rejects.
   *
   * @throws {IdentityChangedError} the person changed first
   */
  run: (...args: OptionalRestArgs<A>) => Promise<FunctionReturnType<A>>
}

/**
 * An action, and the state of its latest call.
 *
 * @throws {ConvueError} `PLUGIN_MISSING`, `FUNCTION_INVALID`
 * @example
 * const { run: summarize, isPending } = useConvexAction(api.ai.summarize)
 */
export function useConvexAction<A extends FunctionReference<'action'>>(
  action: A,
  options: UseConvexActionOptions<A> = {},
): UseConvexActionReturn<A> {
  const { call, ...state } = useConvexCall('useConvexAction', 'action', action, options)
  return { ...state, run: (...args) => call(args[0]) }
}
