/** `useConvexAction`: a Convex action and the state of its latest call. */

import type { FunctionArgs, FunctionReference, FunctionReturnType } from 'convex/server'
import type { RestArgs } from '../../shared/rest-args.ts'
import type { UseConvexCallOptions, UseConvexCallReturn } from './use-convex-call.ts'
import { useConvexCall } from './use-convex-call.ts'

/** Options of {@link useConvexAction}. */
export interface UseConvexActionOptions<A extends FunctionReference<'action'>>
  extends UseConvexCallOptions<FunctionArgs<A>, FunctionReturnType<A>> {}

/** The return value of {@link useConvexAction}: the action, and the state of its latest call. */
export interface UseConvexActionReturn<A extends FunctionReference<'action'>>
  extends UseConvexCallReturn<FunctionReturnType<A>> {
  /**
   * Runs the action as the current identity. Offline, the call waits for the connection. Convex
   * never repeats an action. If the connection drops during the call, the promise rejects after the
   * reconnection, and it is unknown whether the action has run.
   *
   * @throws {IdentityChangedError} The identity changed before the result arrived.
   */
  run: (...args: RestArgs<A>) => Promise<FunctionReturnType<A>>
}

/**
 * Calls an action and exposes the state of the latest call.
 *
 * @param action An action of `convex/_generated/api`.
 * @param options Callbacks for the result and the error of each call.
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
