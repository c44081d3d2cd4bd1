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
  DEPLOYMENT_MISSING: {
    scopes: ['nuxt'],
    why: 'The app has no address of a deployment, so its server cannot start and its pages cannot connect.',
    fix: 'Set `CONVEX_URL` in `.env`, or the option `convex.url` in `nuxt.config.ts`, to the address of the '
      + 'deployment. If a built app receives the address when it is started, set `NUXT_PUBLIC_CONVEX_URL` then.',
    docs: 'reference/nuxt.md#addresses-in-the-environment',
  },
  SIGN_IN_PAGE_MISSING: {
    scopes: ['nuxt'],
    why: ({ page, signInPath }: { page: string, signInPath: string }): string =>
      `The page ${page} has \`auth: 'required'\`, so anonymous users are redirected to ${signInPath}, and the app has `
      + 'no page there.',
    fix: 'Add the page on which users sign in, or set the option `convex.signInPath` in `nuxt.config.ts` to its path.',
    reference: 'A page has `auth: \'required\'`, so anonymous users are redirected to `signInPath`, and the app has no '
      + 'page there. Only a development server writes this warning.',
    docs: 'guides/page-protection.md',
  },
  RESPONSE_STARTED: {
    scopes: ['nuxt'],
    why: 'The identity was first requested when the response had already started with headers that let caches store '
      + 'it.',
    fix: 'Call `requireConvexUser(event)` or `useConvexServer(event).getToken()` before the response starts, or send '
      + '`cache-control: private, no-store`.',
  },
} satisfies Record<string, ErrorDefinition>
