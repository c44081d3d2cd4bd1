/** `useUserSession`: the signed-in user, under the names of `@onmax/nuxt-better-auth`. */
import type { ConvexSession, ConvexUser } from 'convue'
import type { ComputedRef } from 'vue'
import { useConvexAuth } from 'convue'
import { computed } from 'vue'
import { useAuthClient } from './use-auth-client.ts'

type AuthClient = ConvueAuthClient['client']

/** The return value of {@link useUserSession}. */
export interface UseUserSessionReturn {
  /** The signed-in user; `null` if the page is signed out or the identity is not known yet. */
  user: ComputedRef<ConvexUser | null>
  /** The session without its secret token. */
  session: ComputedRef<ConvexSession | null>
  loggedIn: ComputedRef<boolean>
  /** `true` if the identity is known. */
  ready: ComputedRef<boolean>
  client: AuthClient
  signIn: AuthClient['signIn']
  signUp: AuthClient['signUp']
  signOut: () => Promise<void>
}

/**
 * The signed-in user and session, under the same names as in `@onmax/nuxt-better-auth`, so that an
 * app can switch between that module and this one.
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
