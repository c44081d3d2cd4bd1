/** Errors of the app's server: its options, and requests that it refuses or that fail. */
import type { ErrorDefinition } from './error-definition.ts'

export const serverErrors = {
  SITE_URL_INVALID: {
    scopes: ['server'],
    why: (problem: string): string =>
      `\`convexSiteUrl\` is not the address of a deployment's HTTP actions: ${problem}.`,
    fix: 'Pass the whole address, such as `https://happy-otter-123.convex.site`. It is the value of `CONVEX_SITE_URL`.',
    reference: '`convexSiteUrl` is not the address of a deployment\'s HTTP actions: it is missing, is not an '
      + 'absolute http(s) address, or ends in `.convex.cloud`.',
  },
  SERVER_OPTION_INVALID: {
    scopes: ['server'],
    why: (problem: string): string => `An option of \`createConvexServer\` is invalid: ${problem}.`,
    fix: 'Correct the option: see the description of `ConvexServerOptions`.',
    reference: 'An option of `createConvexServer` other than the two addresses is invalid. The message names the '
      + 'option and the reason.',
    docs: 'reference/server.md#options-convexserveroptions',
  },
  ORIGIN_UNTRUSTED: {
    scopes: ['server'],
    why: (problem: string): string => `Convue does not run mutations and actions for this request: ${problem}.`,
    fix: 'To allow the pages of another origin, add the origin to `trustedOrigins`. Behind a reverse proxy that '
      + 'changes `Host`, set `trustProxy` to `true`, or its `hostHeader`. A client that is not a browser must send '
      + '`Origin` with the address of the app.',
    reference: 'Convue does not run mutations and actions for this request, because a page of another site caused the '
      + 'request, or because the request has cookies but no header that names its origin.',
    docs: 'reference/server.md#where-a-request-comes-from',
  },
  CLIENT_ADDRESS_UNKNOWN: {
    scopes: ['server', 'nuxt'],
    why: (problem: string): string =>
      `Better Auth does not receive the address of every client (${problem}), so several clients share `
      + 'one limit for sign-ins.',
    fix: 'Pass `{ address }` to `handler`. Behind a reverse proxy, set `trustProxy` to the header into which the proxy '
      + 'writes the address.',
    reference: 'A warning on the console: Better Auth does not receive the address of every client, so several '
      + 'clients share one limit for sign-ins.',
    docs: 'reference/server.md#limits-for-sign-ins',
  },
  FUNCTION_REQUEST_FAILED: {
    scopes: ['server'],
    why: (problem: string): string => `The deployment did not return the result of a function: ${problem}.`,
    fix: 'If the function is a query, run it again. A mutation or an action may have run: check the data before you '
      + 'call it again.',
    reference: 'The deployment did not return the result of a function.',
  },
} satisfies Record<string, ErrorDefinition>
