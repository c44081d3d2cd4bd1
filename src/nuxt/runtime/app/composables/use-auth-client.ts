/** `useAuthClient`: the Better Auth client of the app. */
import { findAuthClient } from '#build/convue/auth-client.mjs'

/** The Better Auth client that `app/auth-client.ts` exports, or else Convue's default client. */
export function useAuthClient(): ConvueAuthClient['client'] {
  return findAuthClient()
}
