import type { ShallowRef } from 'vue'
import { useConvexAuth } from 'convue'
import { shallowRef, watch } from 'vue'

/** A call, and its outcome. */
export interface LoggedCall {
  id: number
  text: string
  status: 'pending' | 'success' | 'error'
  error?: Error
}

/** How many calls are kept. */
const CAPACITY = 6

/**
 * The latest calls of a page, each with the outcome of its promise. The state of `useConvexMutation` describes only the
 * latest call.
 */
export function useCallLog(): { calls: Readonly<ShallowRef<readonly LoggedCall[]>>, log: (text: string, promise: Promise<unknown>) => void } {
  const calls = shallowRef<readonly LoggedCall[]>([])
  const { user } = useConvexAuth()
  let lastId = 0

  // The next user must not see the calls of the previous user.
  watch(() => user.value?.id, () => calls.value = [], { flush: 'sync' })

  function log(text: string, promise: Promise<unknown>): void {
    const id = ++lastId
    const settle = (outcome: Partial<LoggedCall>): void => {
      calls.value = calls.value.map(call => call.id === id ? { ...call, ...outcome } : call)
    }
    calls.value = [{ id, text, status: 'pending' as const }, ...calls.value].slice(0, CAPACITY)
    promise.then(() => settle({ status: 'success' }), error => settle({ status: 'error', error }))
  }

  return { calls, log }
}
