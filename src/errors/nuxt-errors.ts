/** Errors that only the Nuxt module raises. */
import type { ErrorDefinition } from './error-definition.ts'

export const nuxtErrors = {
  RESPONSE_STARTED: {
    scopes: ['nuxt'],
    why: 'The identity was first requested when the response had already started with headers that let caches store '
      + 'it.',
    fix: 'Call `requireConvexUser(event)` or `useConvexServer(event).getToken()` before the response starts, or send '
      + '`cache-control: private, no-store`.',
  },
} satisfies Record<string, ErrorDefinition>
