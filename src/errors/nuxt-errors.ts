/** Errors that only the Nuxt module raises. */
import type { ErrorDefinition } from './error-definition.ts'

export const nuxtErrors = {
  MODULE_ORDER: {
    scopes: ['nuxt'],
    why: '`@onmax/nuxt-better-auth` was set up before `convue/nuxt`, so Convue could not make Convex the database of '
      + 'Better Auth.',
    fix: 'Change the order: `modules: [\'convue/nuxt\', \'@onmax/nuxt-better-auth\']`. If Better Auth has another '
      + 'database, set `convex: { authDatabase: false }`.',
    docs: 'guides/beside-nuxt-better-auth.md',
  },
  RESPONSE_STARTED: {
    scopes: ['nuxt'],
    why: 'The identity was first requested when the response had already started with headers that let caches store '
      + 'it.',
    fix: 'Call `requireConvexUser(event)` or `useConvexServer(event).getToken()` before the response starts, or send '
      + '`cache-control: private, no-store`.',
  },
} satisfies Record<string, ErrorDefinition>
