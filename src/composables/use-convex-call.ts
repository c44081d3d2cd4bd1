import type { MutationOptions } from 'convex/browser'
import type { FunctionReference } from 'convex/server'
import type { ComputedRef } from 'vue'
import { computed, shallowRef } from 'vue'
import { attempt } from '../plugin/batch.ts'
import { useConvexContext } from '../plugin/context.ts'
import { functionName } from '../plugin/function-name.ts'
import { readArgs } from '../plugin/query-key.ts'

export interface UseConvexCallOptions<Args, Result> {
  /** Called with the result of each call that succeeded. */
  onSuccess?: (result: Result, args: Args) => void
  /** Called with the error of each call that failed. */
  onError?: (error: Error, args: Args) => void
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
  /** Forgets the latest call; one that is under way goes on, unseen. */
  reset: () => void
}

type CallState
  = | { status: 'idle' }
    | { status: 'pending' }
    | { status: 'success', data: unknown }
    | { status: 'error', error: Error }

const IDLE: CallState = { status: 'idle' }

/** What mutations and actions have in common. */
export function useConvexCall(
  composable: string,
  kind: 'mutation' | 'action',
  reference: FunctionReference<'mutation' | 'action'>,
  callbacks: UseConvexCallOptions<any, any>,
  mutationOptions?: MutationOptions,
): UseConvexCallReturn<any> & { call: (args?: unknown) => Promise<any> } {
  const { connection, person } = useConvexContext(composable)
  const name = functionName(reference)
  const latest = shallowRef<{ state: CallState, person: number }>({ state: IDLE, person: 0 })
  const state = computed(() => latest.value.person === person.value ? latest.value.state : IDLE)

  async function call(args: unknown = {}): Promise<unknown> {
    const mine = latest.value = {
      state: { status: 'pending' } as CallState,
      person: person.value,
    }
    const show = (next: CallState): void => {
      // A later call, a reset or another person has taken the place.
      if (latest.value === mine)
        latest.value = { state: next, person: mine.person }
    }
    try {
      const data = await connection.call({ kind, name, args: readArgs(args).args, options: mutationOptions })
      show({ status: 'success', data })
      attempt(() => callbacks.onSuccess?.(data, args))
      return data
    }
    catch (cause) {
      const error = cause as Error
      show({ status: 'error', error })
      attempt(() => callbacks.onError?.(error, args))
      throw error
    }
  }

  return {
    call,
    data: computed(() => state.value.status === 'success' ? state.value.data : undefined),
    error: computed(() => state.value.status === 'error' ? state.value.error : undefined),
    status: computed(() => state.value.status),
    isPending: computed(() => state.value.status === 'pending'),
    reset: () => {
      latest.value = { state: IDLE, person: person.value }
    },
  }
}
