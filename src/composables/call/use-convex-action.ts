import type { FunctionArgs, FunctionReference, FunctionReturnType } from 'convex/server'
import type { RestArgs } from '../../shared/rest-args.ts'
import type { UseConvexCallOptions, UseConvexCallReturn } from './use-convex-call.ts'
import { useConvexCall } from './use-convex-call.ts'

/** Options of {@link useConvexAction}. */
export interface UseConvexActionOptions<A extends FunctionReference<'action'>>
  extends UseConvexCallOptions<FunctionArgs<A>, FunctionReturnType<A>> {}

/** What {@link useConvexAction} returns: the action, and the state of its latest call. */
export interface UseConvexActionReturn<A extends FunctionReference<'action'>>
  extends UseConvexCallReturn<FunctionReturnType<A>> {
  /**
   * Runs the action as whoever is there; offline, it waits for the connection. Actions are not repeated: one that was under way when the connection
   * dropped rejects when it is back, and may or may not have run.
   *
   * @throws {IdentityChangedError} the person changed first
   */
  run: (...args: RestArgs<A>) => Promise<FunctionReturnType<A>>
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
  return { ...state, run: call }
}
