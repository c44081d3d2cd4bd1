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
    fix: 'Correct the option as the description of `ConvexServerOptions` says.',
    reference: 'Another option of `createConvexServer` is invalid. The message says which one, and why.',
    docs: 'reference/server.md#options-convexserveroptions',
  },
  ORIGIN_UNTRUSTED: {
    scopes: ['server'],
    why: (problem: string): string => `This request may not run mutations and actions: ${problem}.`,
    fix: 'If another site may write, add its origin to `trustedOrigins`; behind a reverse proxy that changes '
      + '`Host`, set `trustProxy`; a client that is not a browser sends `Origin` with the address of the app.',
    reference: 'This request may not run mutations and actions: a page of another site caused it, or it has cookies '
      + 'and no header names the page that caused it.',
    docs: 'reference/server.md#where-a-request-comes-from',
  },
  CLIENT_ADDRESS_UNKNOWN: {
    scopes: ['server', 'nuxt'],
    why: (problem: string): string =>
      `Better Auth does not receive the address of every client (${problem}), so clients share `
      + 'its limits for sign-ins.',
    fix: 'Pass `{ address }` to `handler`; behind a reverse proxy, set `trustProxy` to the header that the proxy '
      + 'writes.',
    reference: 'A warning on the console: Better Auth does not receive the address of every client, so clients '
      + 'share its limits for sign-ins.',
    docs: 'reference/server.md#limits-for-sign-ins',
  },
  FUNCTION_REQUEST_FAILED: {
    scopes: ['server'],
    why: (problem: string): string => `The deployment did not return the result of a function: ${problem}.`,
    fix: 'Run a query again. A mutation or an action may have run: check the data before you call it again.',
    reference: 'The deployment did not return the result of a function.',
  },
} satisfies Record<string, ErrorDefinition>
