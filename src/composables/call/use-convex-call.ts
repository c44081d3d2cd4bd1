/** The base of `useConvexMutation` and `useConvexAction`: runs calls and holds their state. */

import type { FunctionReference } from 'convex/server'
import type { ComputedRef, ShallowRef } from 'vue'
import type { Call, PendingCall } from '../../client/pending-call.ts'
import type { CallToStart } from './start-call.ts'
import { computed, shallowRef } from 'vue'
import { useConvexContext } from '../../plugin/context.ts'
import { identityScoped, runAsIdentity } from '../../plugin/identity-scoped.ts'
import { runUserCallback } from '../../reactivity/run-user-callback.ts'
import { functionName } from '../../shared/function-name.ts'
import { startCall } from './start-call.ts'

/**
 * Callbacks for the result and the error of calls. They run for each call, before its promise
 * settles, even if a later call has been made or the component has been unmounted. To handle a
 * single call, await its promise instead.
 */
export interface UseConvexCallOptions<Args, Result> {
  /**
   * Runs with the result of each call that succeeds, unless the identity has changed since the call
   * was made.
   *
   * @default undefined
   */
  onSuccess?: (result: Result, args: Args) => void
  /** Runs with the error of each call that fails. @default undefined */
  onError?: (error: Error, args: Args) => void
  /**
   * Runs after `onSuccess` or `onError`, with the result or the error of the call.
   *
   * @default undefined
   */
  onSettled?: (result: Result | undefined, error: Error | undefined, args: Args) => void
}

/** The state of the latest call by the current identity. */
export interface UseConvexCallReturn<Result> {
  /** The result of the latest call; `undefined` unless this call has succeeded. */
  data: ComputedRef<Result | undefined>
  /** The error of the latest call; `undefined` unless this call has failed. */
  error: ComputedRef<Error | undefined>
  /** `'idle'` before the first call, after `reset()` and after an identity change. */
  status: ComputedRef<'idle' | 'pending' | 'success' | 'error'>
  /** Whether the latest call has not settled yet. */
  isPending: ComputedRef<boolean>
  /**
   * Whether the latest call is pending and has certainly not been sent: the page is offline, or the
   * identity is not known yet. Convue sends the call as soon as possible.
   */
  isQueued: ComputedRef<boolean>
  /** Clears the state. A pending call continues, and its promise and callbacks still settle. */
  reset: () => void
}

/** `undefined`: no call has been made, see {@link UseConvexCallReturn.status}. */
type CallState
  = | undefined
    | { status: 'pending', call?: Pick<PendingCall, 'isQueued'>, data?: undefined, error?: undefined }
    | { status: 'success', data: unknown, error?: undefined }
    | { status: 'error', data?: undefined, error: Error }

/**
 * A function that calls a mutation or an action, and the state of its latest call.
 *
 * @throws {ConvueError} `PLUGIN_MISSING`, `FUNCTION_INVALID`
 */
export function useConvexCall(
  composable: string,
  kind: Call['kind'],
  reference: FunctionReference<'mutation' | 'action'>,
  options: UseConvexCallOptions<any, any> & Pick<CallToStart, 'optimisticUpdate' | 'offline'>,
): UseConvexCallReturn<any> & { call: (args?: any) => Promise<any> } {
  const context = useConvexContext(composable)
  const { clients } = context
  const name = functionName(reference)
  const latest = identityScoped<ShallowRef<CallState> | undefined>(context, undefined)
  const state = computed(() => latest.value?.value)

  function call(args: unknown = {}): Promise<unknown> {
    const own = shallowRef<CallState>({ status: 'pending' })
    latest.set(own)
    return runAsIdentity(context, () => {
      const call = startCall(context, { ...options, kind, name, args })
      own.value = { status: 'pending', call }
      return call.result
    }, (error, data) => {
      own.value = error ? { status: 'error', error } : { status: 'success', data }
      runUserCallback(() => {
        if (error)
          options.onError?.(error, args)
        else
          options.onSuccess?.(data, args)
      })
      runUserCallback(() => options.onSettled?.(data, error, args))
    })
  }

  function isQueued(): boolean {
    if (state.value?.status !== 'pending')
      return false
    // A call is sent when its client connects. Reading the connection state makes this function
    // reactive to it.
    const hasConnection = !!clients.state.value
    return !hasConnection || !!state.value.call?.isQueued()
  }

  return {
    call,
    data: computed(() => state.value?.data),
    error: computed(() => state.value?.error),
    status: computed(() => state.value?.status ?? 'idle'),
    isPending: computed(() => state.value?.status === 'pending'),
    isQueued: computed(isQueued),
    reset: () => latest.set(undefined),
  }
}
