/** Errors of sessions and tokens, and of calls that an identity change ended. */
import type { ErrorDefinition } from './error-definition.ts'

/** The operation that an identity change interrupted: a call, a server request, or a rendering. */
export type IdentityChangeMoment = 'notSent' | 'unknown' | 'request' | 'rendering'

const TOKEN_SET_UP = 'Add `convex()` to the Better Auth plugins of the server and `convexClient()` to those of the '
  + 'client. Check that `convex/http.ts` registers the auth routes, at the path that `basePath` names.'

const NO_TOKENS = 'If the auth server is meant to have no token endpoint, pass `tokens: false`.'

/** Describes the set-up of Better Auth's routes at `path`. */
function routesSetUp(path: string): string {
  return 'Register the routes of Better Auth: on the deployment in `convex/http.ts`; in a Nuxt app with '
    + `\`auth: 'local'\` in \`server/routes${path}/[...all].ts\`; on another server in \`requestAuth\`. If Better `
    + 'Auth has another path, set `basePath` to it.'
}

/** The claims by which a deployment finds the provider of a token in `auth.config.ts`. */
export interface TokenOrigin {
  /** The issuer. */
  iss?: unknown
  /** The audience. */
  aud?: unknown
}

/** A claim as JSON; a token may lack it. */
function quote(claim: unknown): string {
  return JSON.stringify(claim) ?? 'missing'
}

/** The other usual path: that of `convex()`, or that of Better Auth's `jwt()`. */
function otherTokenPath(path: string): string {
  return path === '/convex/token' ? '/token' : '/convex/token'
}

export const identityErrors = {
  TOKEN_ENDPOINT_MISSING: {
    scopes: ['client', 'server'],
    why: (path: string): string => `The token endpoint ${path} answered with status 404.`,
    fix: (path: string): string => `${TOKEN_SET_UP} If the server issues tokens at another path, such as `
      + `${otherTokenPath(path)}, pass this path as \`tokenPath\`. ${NO_TOKENS}`,
    referenceFix: `${TOKEN_SET_UP} If the server issues tokens at another path than the message names, such as `
      + `\`/token\` of Better Auth's \`jwt()\`, pass this path as \`tokenPath\`. ${NO_TOKENS}`,
    reference: 'The token endpoint answered with status 404. In the browser, after at least five such answers in a '
      + 'row over at least 30 seconds, the error is also written to the console, once. From then on a token is '
      + 'requested every five minutes.',
    docs: 'reference/plugin.md#a-server-without-a-token-endpoint',
  },
  AUTH_ROUTES_MISSING: {
    scopes: ['server'],
    why: (basePath: string): string =>
      `The request for the session was answered with status 404, so Better Auth has no routes below ${basePath}.`,
    fix: routesSetUp,
    reference: 'The request for the session was answered with status 404: Better Auth has no routes below `basePath`.',
    referenceFix: routesSetUp('/api/auth'),
    docs: 'reference/server.md#better-auth-in-the-same-process',
  },
  IDENTITY_RECURSION: {
    scopes: ['server'],
    why: 'Convue requested a session or a token from Better Auth in this process, and code that answers this request '
      + 'used the identity of the request. Convue would request the identity again without end.',
    fix: 'Do not use the identity in code that runs for the routes of Better Auth: let a middleware skip all paths '
      + 'below `basePath`.',
    docs: 'reference/server.md#better-auth-in-the-same-process',
  },
  TOKEN_INVALID: {
    scopes: ['client'],
    why: 'The identity provider did not return a new JWT with a `sub` claim.',
    fix: 'Check the answer of the token endpoint. If Convue requests a new token (`force: true`), this token must '
      + 'differ from all previous tokens.',
  },
  TOKEN_REQUEST_FAILED: {
    scopes: ['client', 'server'],
    why: (problem?: number | string): string => {
      if (typeof problem === 'number')
        return `The token endpoint answered with status ${problem}.`
      if (problem)
        return `The token endpoint did not return a token: ${problem}.`
      return 'The request for a token failed.'
    },
    fix: 'In the browser Convue retries by itself; on a server, try again later. The failure does not mean that the '
      + 'user is signed out: a firewall or an overloaded server may have answered. Read `cause`, if there is one.',
    reference: 'The request for a token failed.',
  },
  TOKEN_REQUEST_TIMEOUT: {
    scopes: ['client'],
    why: (ms: number): string => `The identity provider did not answer within ${ms} ms.`,
    fix: 'Convue retries by itself. If the error persists, check that the identity provider can be reached.',
    reference: 'The identity provider did not answer in time.',
  },
  TOKEN_REJECTED: {
    scopes: ['client', 'server'],
    why: (token?: TokenOrigin): string => {
      const rejected = 'The deployment rejected the token'
      if (!token)
        return `${rejected}.`
      return `${rejected}, whose issuer is ${quote(token.iss)} and whose audience is ${quote(token.aud)}.`
    },
    fix: 'In `convex/auth.config.ts`, a provider must have exactly the issuer and the audience of the token. Pass the '
      + 'same `issuer` to `convex()` and `getAuthConfigProvider()`, and set variables such as `SITE_URL` to the same '
      + 'value on the server and on the deployment. If they match, the deployment does not know the key of the token, '
      + 'or a clock is wrong. In the browser Convue retries by itself with new tokens.',
    reference: 'The deployment rejected the token. In the browser, the error means that it rejected several tokens in '
      + 'a row. During development, the error is then also written to the console, once, with the issuer and the '
      + 'audience of the token. Convex calls it "No auth provider found matching the given token" if no provider has '
      + 'this issuer and this audience.',
  },
  SESSION_ENDED: {
    scopes: ['client'],
    why: 'The session was revoked or has expired.',
    fix: 'Sign in again.',
  },
  SESSION_REQUEST_FAILED: {
    scopes: ['client', 'server'],
    why: (problem?: string): string => {
      if (problem)
        return `The request for the session failed: ${problem}.`
      return 'The request for the session failed.'
    },
    fix: 'In the browser Convue retries by itself; on a server, try again later. The failure does not mean that the '
      + 'user is signed out: a firewall or an overloaded server may have answered. Read `cause`, if there is one.',
    reference: 'The request for the session failed.',
  },
  ONE_TIME_TOKEN_FOREIGN: {
    scopes: ['client'],
    why: 'Another browser has started the sign-in whose one-time token is in the address of the page.',
    fix: 'Let the user sign in again in this browser. The link may be an attempt of another person to sign the user '
      + 'in to the account of that person.',
    docs: 'guides/better-auth-tokens.md#pages-on-another-domain',
  },
  ONE_TIME_TOKEN_INVALID: {
    scopes: ['client'],
    why: 'The one-time token in the address of the page is unknown, has expired, or has been used.',
    fix: 'Let the user sign in again. A one-time token can be used once, within three minutes.',
    docs: 'guides/better-auth-tokens.md#pages-on-another-domain',
  },
  ONE_TIME_TOKEN_FAILED: {
    scopes: ['client'],
    why: 'The one-time token in the address of the page could not be redeemed.',
    fix: 'Let the user sign in again. Read `cause` for the answer of the server; its status is 0 if there was none.',
    docs: 'guides/better-auth-tokens.md#pages-on-another-domain',
  },
  SIGN_IN_FAILED: {
    scopes: ['client'],
    why: 'The sign-in has succeeded, but this page has no session of the user.',
    fix: 'Check in the developer tools that the browser stores the session cookie of the answer and sends it to '
      + '`get-session`: the app and the auth routes need the same site, or `crossDomain()`.',
    docs: 'reference/auth.md#useconvexsigninoptions',
  },
  SIGN_IN_CODE_INVALID: {
    scopes: ['client'],
    why: 'The code in the address of the page does not sign a user in.',
    fix: 'Let the user sign in again. A code can be used once, for a limited time, and in the browser in which the '
      + 'sign-in has begun.',
    docs: 'reference/sources.md#convex-auth',
  },
  SIGN_OUT_FAILED: {
    scopes: ['client'],
    why: (problem?: 'unconfirmed'): string => {
      if (problem)
        return 'The answer does not say whether the session has ended.'
      return 'The session could not be ended.'
    },
    fix: 'Sign out again when the network is available. Read `cause` for the reason.',
    reference: 'The session could not be ended, or the request to end it had no answer within 30 seconds. The user '
      + 'is still signed in, and the page requests the session once to check this.',
  },
  IDENTITY_CHANGED: {
    scopes: ['client', 'server', 'nuxt'],
    why: (moment: IdentityChangeMoment): string => ({
      notSent: 'The identity changed before this call was sent.',
      unknown: 'The identity changed while this call was running.',
      request: 'The identity changed while the server answered this request.',
      rendering: 'The identity changed while the server rendered this page.',
    })[moment],
    fix: (moment: IdentityChangeMoment): string => ({
      notSent: 'Call again as the current user, if the call is still intended.',
      unknown: 'Check the data of the current user, and call again if the call is still intended.',
      request: 'Load the page again.',
      rendering: 'No action is necessary: the browser requests the result again.',
    })[moment],
    reference: 'The identity changed before a call was sent, while a call was running, or while the app\'s server '
      + 'answered a request.',
    referenceFix: 'Check the data of the current user, and call again if the call is still intended. On a server, '
      + 'let the user load the page again.',
    docs: 'reference/errors.md#identitychangederror',
  },
  CONNECTION_LOST: {
    scopes: ['client'],
    why: 'The deployment ended the connection while this call was running.',
    fix: 'The call may or may not have run: check the data, and call again if the call is still intended.',
    reference: 'While a call was running, the deployment ended the connection permanently: it rejected all tokens of '
      + 'the connection, or there was a fatal error. The call may have taken effect. Calls that were not sent yet are '
      + 'not affected: the next connection sends them.',
  },
} satisfies Record<string, ErrorDefinition>
