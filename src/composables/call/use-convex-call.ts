import type { FunctionReference } from 'convex/server'
import type { ComputedRef, ShallowRef } from 'vue'
import type { Call, PendingCall } from '../../client/pending-call.ts'
import { computed, shallowRef } from 'vue'
import { useConvexContext } from '../../plugin/context.ts'
import { identityGuard, identityScoped } from '../../plugin/identity-scoped.ts'
import { runUserCallback } from '../../reactivity/run-user-callback.ts'
import { functionName } from '../../shared/function-name.ts'

/**
 * Called for each call, before its promise settles, also when a later call has taken over the state or the component is gone. For one call alone,
 * await its promise.
 */
export interface UseConvexCallOptions<Args, Result> {
  /** Called with the result of each call that succeeded; never on another person's page. */
  onSuccess?: (result: Result, args: Args) => void
  /** Called with the error of each call that failed. */
  onError?: (error: Error, args: Args) => void
  /** Called after either, with the result or else the error. */
  onSettled?: (result: Result | undefined, error: Error | undefined, args: Args) => void
}

/** The latest call, of whoever is there now. */
export interface UseConvexCallReturn<Result> {
  /** The result, if it succeeded. */
  data: ComputedRef<Result | undefined>
  /** Why it failed, if it did. */
  error: ComputedRef<Error | undefined>
  /** `idle` before the first call, and for another person. */
  status: ComputedRef<'idle' | 'pending' | 'success' | 'error'>
  /** It is under way. */
  isPending: ComputedRef<boolean>
  /**
   * It is pending and has surely not left the page: the page is offline, or it is not yet known who is there. It leaves by itself as soon as
   * it can.
   */
  isQueued: ComputedRef<boolean>
  /** Forgets the latest call; one that is under way goes on, unseen. */
  reset: () => void
}

type CallState
  = | { status: 'idle', data?: undefined, error?: undefined }
    | { status: 'pending', call?: PendingCall, data?: undefined, error?: undefined }
    | { status: 'success', data: unknown, error?: undefined }
    | { status: 'error', data?: undefined, error: Error }

const IDLE: CallState = { status: 'idle' }

/** What mutations and actions have in common. */
export function useConvexCall(
  composable: string,
  kind: Call['kind'],
  reference: FunctionReference<'mutation' | 'action'>,
  { onSuccess, onError, onSettled, optimisticUpdate }: UseConvexCallOptions<any, any> & Pick<Call, 'optimisticUpdate'>,
): UseConvexCallReturn<any> & { call: (args?: any) => Promise<any> } {
  const context = useConvexContext(composable)
  const { clients } = context
  const name = functionName(reference)
  const latest = identityScoped<ShallowRef<CallState> | undefined>(context, undefined)
  const state = computed(() => latest.value?.value ?? IDLE)

  async function call(args: unknown = {}): Promise<unknown> {
    const guard = identityGuard(context)
    const own = shallowRef<CallState>({ status: 'pending' })
    latest.set(own)
    let data: unknown
    let error: Error | undefined
    try {
      const call = clients.calls.start({ kind, name, args, optimisticUpdate })
      own.value = { status: 'pending', call }
      data = await call.result
      error = guard()
    }
    catch (cause) {
      error = guard(cause as Error)
    }
    if (error)
      data = undefined
    own.value = error ? { status: 'error', error } : { status: 'success', data }

    runUserCallback(() => error ? onError?.(error, args) : onSuccess?.(data, args))
    runUserCallback(() => onSettled?.(data, error, args))
    if (error)
      throw error
    return data
  }

  return {
    call,
    data: computed(() => state.value.data),
    error: computed(() => state.value.error),
    status: computed(() => state.value.status),
    isPending: computed(() => state.value.status === 'pending'),
    // A call leaves when its client connects: the connection's state makes this reactive.
    isQueued: computed(() => state.value.status === 'pending' && (!clients.state.value || !!state.value.call?.isQueued())),
    reset: () => latest.set(undefined),
  }
}
