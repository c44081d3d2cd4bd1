/** `useConvexOutbox`: the current user's stored calls, and methods to discard and retry them. */
import type { ComputedRef } from 'vue'
import type { ConnectedOutbox, OutboxCall } from '../plugin/outbox.ts'
import { computed } from 'vue'
import { diagnose } from '../errors/diagnose.ts'
import { useConvexContext } from '../plugin/context.ts'

/** The return value of {@link useConvexOutbox}. */
export interface UseConvexOutboxReturn {
  /**
   * The calls of the current user that have not run, from all tabs and earlier visits, in the order
   * in which they were made. Empty for an anonymous user, while the identity is unknown, and on a
   * server.
   */
  calls: ComputedRef<readonly OutboxCall[]>
  /** `OUTBOX_UNAVAILABLE` if the browser cannot store the calls of the current user. */
  error: ComputedRef<Error | undefined>
  /**
   * Removes a call that is waiting or has failed. It never runs, its optimistic update ends, and
   * its promise rejects with `OUTBOX_DISCARDED`. Resolves with `false`, without an effect, if the
   * call may have been sent or has ended.
   */
  discard: (id: OutboxCall['id']) => Promise<boolean>
  /**
   * Sends a failed call again, in its place in the order. Resolves with `false` if this call has
   * not failed.
   */
  retry: (id: OutboxCall['id']) => Promise<boolean>
  /** Discards all calls that can be discarded. Resolves with the number of discarded calls. */
  clear: () => Promise<number>
}

/**
 * The stored calls of the current user.
 *
 * @throws {ConvueError} `PLUGIN_MISSING`, `OUTBOX_MISSING`
 * @example
 * const { calls, discard } = useConvexOutbox()
 */
export function useConvexOutbox(): UseConvexOutboxReturn {
  const { authState, outbox, clients, isServer } = useConvexContext('useConvexOutbox')
  if (!outbox && !isServer)
    throw diagnose('OUTBOX_MISSING')
  const calls = computed(() => outbox?.callsOf(authState.value.user?.id) ?? [])

  const discard = async (id: number): Promise<boolean> => await available().discard(id)

  return {
    calls,
    error: computed(() => outbox?.error.value),
    discard,
    retry: async id => await available().retry(id),
    async clear() {
      const discarded = await Promise.all(calls.value.map(({ id }) => discard(id)))
      return discarded.filter(Boolean).length
    },
  }

  function available(): ConnectedOutbox {
    clients.assertAvailable()
    return outbox!
  }
}
