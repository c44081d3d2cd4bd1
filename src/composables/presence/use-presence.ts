/** `usePresence`: the users who are in a room, with the component `@convex-dev/presence`. */

import type { FunctionReference, FunctionReturnType } from 'convex/server'
import type { ComputedRef, MaybeRefOrGetter } from 'vue'
import type { PresenceTokens, PresenceVisit } from './presence-visit.ts'
import { tryOnScopeDispose, useDocumentVisibility, useEventListener } from '@vueuse/core'
import { computed, shallowRef, toValue, watch } from 'vue'
import { useConvexContext } from '../../plugin/context.ts'
import { identityOf, identityScoped, runAsIdentity } from '../../plugin/identity-scoped.ts'
import { functionName } from '../../shared/function-name.ts'
import { onKeepAliveToggle } from '../lifecycle/on-keep-alive-toggle.ts'
import { useConvexQuery } from '../query/use-convex-query.ts'
import { startPresenceVisit } from './presence-visit.ts'

/** A user of a room, as the component reports it. */
export interface PresenceUser {
  userId: string
  /** Whether the user is in the room at this moment. */
  online: boolean
  /** When the user has left the room, in milliseconds since 1970; 0 while the user is online. */
  lastDisconnected: number
  /** The data that the app has stored for this user in this room. */
  data?: unknown
}

/** The functions of an app that call the presence component, such as `api.presence`. */
export interface PresenceFunctions {
  heartbeat: FunctionReference<
    'mutation',
    'public',
    { roomId: any, userId: any, sessionId: string, interval: number },
    PresenceTokens
  >
  list: FunctionReference<'query', 'public', { roomToken: string }, PresenceUser[]>
  disconnect: FunctionReference<'mutation', 'public', { sessionToken: string }, any>
}

/** Options of {@link usePresence}. */
export interface UsePresenceOptions {
  /**
   * The id under which the room lists this page; `undefined` and `null` mean that the page is not
   * in the room.
   *
   * @default the id of the signed-in user
   */
  userId?: MaybeRefOrGetter<string | null | undefined>
  /**
   * The time between two heartbeats, in milliseconds. The component considers a user offline who
   * has sent no heartbeat for two and a half times as long.
   *
   * @default 10000
   */
  intervalMs?: number
}

/** The return value of {@link usePresence}. */
export interface UsePresenceReturn<P extends PresenceFunctions> {
  /**
   * The users of the room, this user first; `undefined` until they are known. Users who have left
   * the room are listed with `online: false`.
   */
  users: ComputedRef<FunctionReturnType<P['list']> | undefined>
  /** The error of the latest heartbeat or of the list. The next heartbeat is sent in any case. */
  error: ComputedRef<Error | undefined>
}

/**
 * Lists this user in a room, and returns the users of the room, live.
 *
 * The page sends heartbeats while it is visible. It leaves the room when it is hidden or closed,
 * when the component is unmounted or deactivated, and in the tick of an identity change.
 *
 * @param presence The app's functions that call the component.
 * @param room The id of the room; `undefined` and `null` mean no room.
 * @param options The id of the user, and the time between two heartbeats.
 * @throws {ConvueError} `PLUGIN_MISSING`, `FUNCTION_INVALID`
 * @example
 * const { users } = usePresence(api.presence, () => `document ${props.id}`)
 * const online = computed(() => users.value?.filter(user => user.online))
 */
export function usePresence<P extends PresenceFunctions>(
  presence: P,
  room: MaybeRefOrGetter<string | null | undefined>,
  options: UsePresenceOptions = {},
): UsePresenceReturn<P> {
  const { intervalMs = 10_000 } = options
  const context = useConvexContext('usePresence')
  const { clients, callerAuth, isServer, url } = context
  const heartbeat = functionName(presence.heartbeat)
  const disconnect = functionName(presence.disconnect)
  const found = identityScoped<{ roomId?: string, roomToken?: string, error?: Error }>(context, {})
  const userId = computed(() => options.userId === undefined ? callerAuth.user.value?.id : toValue(options.userId))
  const listArgs = computed(() => {
    const { roomId, roomToken } = found.value
    return roomToken && roomId === toValue(room) ? { roomToken } : undefined
  })
  const list = useConvexQuery(presence.list, () => listArgs.value, { ssr: false })

  if (!isServer)
    visitWhileVisible()

  function visitWhileVisible(): void {
    const visibility = useDocumentVisibility({ document })
    const isActive = shallowRef(true)
    const isOnPage = shallowRef(true)
    // Without a client, the first heartbeat opens one.
    const canSend = computed(() => clients.state.value?.isWebSocketConnected ?? true)
    let visit: PresenceVisit | undefined
    let visits = 0

    function start(roomId: string, userId: string): PresenceVisit {
      // Each visit has a session of its own, so that a late message of a visit cannot end the next.
      const sessionId = JSON.stringify([randomId(), ++visits, roomId, userId])
      const args = { roomId, userId, sessionId, interval: intervalMs }
      return startPresenceVisit({
        intervalMs,
        canSend: () => canSend.value,
        sendHeartbeat: () => runAsIdentity(context, () =>
          clients.calls.start({ kind: 'mutation', name: heartbeat, args }).result as Promise<PresenceTokens>),
        sendEnd(sessionToken) {
          // A request without an identity, as the component requires: it is also sent when the page
          // is closed, and it does not act as the next user.
          const body = JSON.stringify({ path: disconnect, args: { sessionToken }, format: 'json' })
          navigator.sendBeacon(`${url}/api/mutation`, new Blob([body], { type: 'application/json' }))
        },
        onTokens: ({ roomToken }) => found.set({ roomId, roomToken }),
        onError: error => found.set({ ...found.value, error }),
      })
    }

    watch([
      () => identityOf(context),
      () => toValue(room),
      userId,
      () => visibility.value === 'visible' && isActive.value && isOnPage.value,
    ] as const, ([, roomId, userId, isPresent]) => {
      visit?.end()
      visit = roomId && userId && isPresent ? start(roomId, userId) : undefined
    }, { immediate: true, flush: 'sync' })
    watch(canSend, () => visit?.catchUp())
    onKeepAliveToggle(isNowActive => isActive.value = isNowActive)
    useEventListener(window, 'pagehide', () => isOnPage.value = false)
    useEventListener(window, 'pageshow', () => isOnPage.value = true)
    tryOnScopeDispose(() => visit?.end())
  }

  return {
    users: computed(() => list.data.value && [...list.data.value].sort((one, other) =>
      Number(other.userId === userId.value) - Number(one.userId === userId.value))),
    error: computed(() => found.value.error ?? list.error.value),
  }
}

/** A random id. Unlike `crypto.randomUUID`, this also works on a page without HTTPS. */
function randomId(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join('-')
}
