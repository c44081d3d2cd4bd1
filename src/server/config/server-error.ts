import type { ConvueErrorCode } from '../../errors/convue-error.ts'
import { ConvueError } from '../../errors/convue-error.ts'

interface Sentences {
  why: (detail: string) => string
  fix: string
}

/** On a server the sentences stay in a production build too: that is where a setting is wrong, and nobody downloads them. */
const sentences = {
  URL_INVALID: {
    why: detail => `\`convexUrl\` cannot be the address of a deployment: ${detail}.`,
    fix: 'Pass the whole address, such as https://happy-otter-123.convex.cloud; it is what CONVEX_URL holds.',
  },
  SITE_URL_INVALID: {
    why: detail => `\`convexSiteUrl\` cannot be the address of a deployment's HTTP actions: ${detail}.`,
    fix: 'Pass the whole address, such as https://happy-otter-123.convex.site; it is what CONVEX_SITE_URL holds.',
  },
  SERVER_OPTION_INVALID: {
    why: detail => `An option of createConvexServer cannot be used: ${detail}.`,
    fix: 'Look at what ConvexServerOptions says about it.',
  },
  ORIGIN_UNTRUSTED: {
    why: detail => `Nothing is written for this request: ${detail}.`,
    fix: 'If another site may write, add its origin to `trustedOrigins`; behind a reverse proxy that changes Host, '
      + 'set `trustProxy`; a client that is not a browser sends `Origin` with the address of the app.',
  },
  CLIENT_ADDRESS_UNKNOWN: {
    why: reason => `Better Auth does not get the address of every client (${reason}), so clients share its limits for sign-ins.`,
    fix: 'Pass `{ address }` to `handler`, or behind a reverse proxy set `trustProxy` to what it writes.',
  },
  FUNCTION_INVALID: {
    why: () => 'This is no reference to a Convex function.',
    fix: 'Pass one from convex/_generated/api.',
  },
  ARGS_INVALID: {
    why: detail => `Convex cannot take these arguments: ${detail}`,
    fix: 'Pass an object of Convex values.',
  },
  FUNCTION_REQUEST_FAILED: {
    why: detail => `The deployment did not carry out a call: ${detail}.`,
    fix: 'A query may be asked again; a mutation or an action may have run all the same, so look before it is called again.',
  },
  TOKEN_REJECTED: {
    why: detail => `The deployment refused the token (${detail}).`,
    fix: 'Compare convex/auth.config.ts with the token\'s issuer and audience.',
  },
  TOKEN_ENDPOINT_MISSING: {
    why: () => 'The token endpoint answered 404.',
    fix: 'Add convex() to the Better Auth plugins, register its routes in convex/http.ts, and compare `convexSiteUrl` and `basePath` with them.',
  },
  TOKEN_REQUEST_FAILED: {
    why: detail => `The token endpoint gave no token: ${detail}. That says nothing about whether somebody is signed in.`,
    fix: 'Try again later; a firewall in between may also answer so.',
  },
  SESSION_REQUEST_FAILED: {
    why: detail => `The request for the session failed: ${detail}. That says nothing about whether somebody is signed in.`,
    fix: 'Try again later; a firewall in between may also answer so.',
  },
  IDENTITY_CHANGED: {
    why: () => 'The person changed while this request was answered.',
    fix: 'Let the visitor load the page again.',
  },
} satisfies Partial<Record<ConvueErrorCode, Sentences>>

export type ServerErrorCode = keyof typeof sentences

/** The error of a code. `detail` is what its sentence mentions; never a token, a cookie or anything that upstream wrote. */
export function serverError(code: ServerErrorCode, detail = ''): ConvueError {
  const { why, fix } = sentences[code]
  return new ConvueError({ code, why: why(detail), fix })
}
