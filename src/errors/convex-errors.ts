/** Errors of `convue/convex`: a set-up that cannot work inside Convex functions. */
import type { ErrorDefinition } from './error-definition.ts'

export const convexErrors = {
  CONVEX_OPTION_INVALID: {
    scopes: ['convex'],
    why: (problem: string): string => `An option of \`convue/convex\` is invalid: ${problem}.`,
    fix: 'Correct the option as its description in the API reference says.',
    reference: 'An option of `convue/convex` is invalid. The message names the option, and says why.',
  },
  JWKS_INVALID: {
    scopes: ['convex'],
    why: (problem: string): string => `The value of \`jwks\` is not a list of signing keys: ${problem}.`,
    fix: 'Write the variable again: `npx convex run auth:getLatestJwks | npx convex env set JWKS`.',
    reference: 'The value of `jwks` is not a list of signing keys, as `getLatestJwks` returns it.',
    docs: 'guides/better-auth-tokens.md#static-keys',
  },
  SIGNING_KEY_MISSING: {
    scopes: ['convex'],
    why: 'There is no key with which a token can be signed: `jwks` contains only public keys, or the table `jwks` '
      + 'could not be written.',
    fix: 'With `jwks`, write the variable again as `getLatestJwks` returns it. Without `jwks`, request the first token '
      + 'through the HTTP route, since a query cannot create a key.',
    docs: 'guides/better-auth-tokens.md#static-keys',
  },
  SIGNING_KEY_UNREADABLE: {
    scopes: ['convex'],
    why: 'The signing key cannot be decrypted: it was encrypted with another secret of Better Auth.',
    fix: 'Restore the previous `BETTER_AUTH_SECRET`, or create new keys: `npx convex run auth:rotateKeys '
      + '\'{"revoke":true}\' | npx convex env set JWKS`.',
    docs: 'guides/better-auth-tokens.md#rotating-keys',
  },
  CONVEX_CONTEXT_INVALID: {
    scopes: ['convex'],
    why: (name: string): string => `\`${name}\` was called without the context of a Convex function.`,
    fix: 'Pass the `ctx` that the handler of a query, mutation, action or HTTP action receives as its first argument.',
    reference: 'A helper of `convue/convex` was called without the context of a Convex function.',
  },
  AUTH_LOOKUP_MISSING: {
    scopes: ['convex'],
    why: (model: string): string =>
      `The table \`${model}\` cannot be read here, since \`defineAuthFunctions\` has no option \`functions\`.`,
    fix: 'Pass the internal function `findOne` of the database adapter as `functions: { findOne }`. Actions have no '
      + '`ctx.db`, and the adapter knows the index of a look-up by other fields than the id.',
    reference: 'The auth tables are in the app\'s own schema, `defineAuthFunctions` has no option `functions`, and an '
      + 'action reads the user or the session, or a predicate reads a member of an organization.',
    docs: 'guides/convex-functions.md#actions',
  },
  AUTH_BASE_PATH_MISMATCH: {
    scopes: ['convex'],
    why: ({ registered, configured }: { registered: string, configured: string }): string =>
      `The auth routes are registered at \`${registered}\`, but Better Auth answers at \`${configured}\`.`,
    fix: 'Pass the same `basePath` to `registerAuthRoutes` and to `betterAuth`.',
    reference: '`registerAuthRoutes` has another `basePath` than Better Auth, which would answer each request with '
      + 'status 404.',
    docs: 'guides/convex-functions.md#http-routes',
  },
} satisfies Record<string, ErrorDefinition>
