/** `useAuthClient`: the Better Auth client of the app. */
import { findAuthClient } from '#build/convue/auth-client.mjs'

/** The Better Auth client that `app/auth-client.ts` exports, or else the default one of Convue. */
export function useAuthClient(): ConvueAuthClient['client'] {
  return findAuthClient()
}
