/** `useUserSession`: the signed-in user, under the names of `@onmax/nuxt-better-auth`. */
import type { ConvexSession, ConvexUser } from 'convue'
import type { ComputedRef } from 'vue'
import { useConvexAuth } from 'convue'
import { computed } from 'vue'
import { useAuthClient } from './use-auth-client.ts'

type AuthClient = ConvueAuthClient['client']

/** What {@link useUserSession} returns. */
export interface UseUserSessionReturn {
  /** `null` while the user is signed out or not known. */
  user: ComputedRef<ConvexUser | null>
  /** Without the session's secret token. */
  session: ComputedRef<ConvexSession | null>
  loggedIn: ComputedRef<boolean>
  /** Whether the identity is known. */
  ready: ComputedRef<boolean>
  client: AuthClient
  signIn: AuthClient['signIn']
  signUp: AuthClient['signUp']
  signOut: () => Promise<void>
}

/**
 * The signed-in user, under the names of `@onmax/nuxt-better-auth`: an app can move between that
 * module and this one.
 */
export function useUserSession(): UseUserSessionReturn {
  const { user, session, status, signOut } = useConvexAuth()
  const client = useAuthClient()
  return {
    user,
    session,
    loggedIn: computed(() => user.value !== null),
    ready: computed(() => status.value !== 'loading'),
    client,
    signIn: client.signIn,
    signUp: client.signUp,
    signOut,
  }
}
