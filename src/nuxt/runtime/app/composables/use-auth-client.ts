import { findAuthClient } from '#build/convue/auth-client.mjs'

/** The Better Auth client of the app: that of `app/auth-client.ts`, or a plain one. */
export function useAuthClient(): ConvueAuthClient['client'] {
  return findAuthClient()
}
