/** Permanent names of what can go wrong. A code is never reused for another mistake. */
export type ConvueErrorCode
  // Set-up and use
  = | 'URL_INVALID'
    | 'AUTH_SOURCE_CONFLICT'
    | 'AUTH_CLIENT_INVALID'
    | 'PLUGIN_MISSING'
    | 'CLIENT_UNAVAILABLE'
    | 'FUNCTION_INVALID'
    | 'FUNCTION_KIND_MISMATCH'
    | 'ARGS_INVALID'
    | 'QUERY_KEY_RESERVED'
  // Uploads
    | 'UPLOAD_FILES_INVALID'
    | 'UPLOAD_TOO_MANY_FILES'
    | 'UPLOAD_TYPE_REFUSED'
    | 'UPLOAD_FILE_TOO_LARGE'
    | 'UPLOAD_FAILED'
    | 'UPLOAD_CANCELLED'
  // Identity
    | 'TOKEN_ENDPOINT_MISSING'
    | 'TOKEN_INVALID'
    | 'TOKEN_REQUEST_FAILED'
    | 'TOKEN_REQUEST_TIMEOUT'
    | 'TOKEN_REJECTED'
    | 'SESSION_ENDED'
    | 'SESSION_REQUEST_FAILED'
    | 'SIGN_OUT_FAILED'
    | 'IDENTITY_CHANGED'
    | 'CONNECTION_LOST'
    | 'CLOSED'
  // convue/server
    | 'SITE_URL_INVALID'
    | 'SERVER_OPTION_INVALID'
    | 'ORIGIN_UNTRUSTED'
    | 'CLIENT_ADDRESS_UNKNOWN'
    | 'FUNCTION_REQUEST_FAILED'
  // convue/nuxt
    | 'RESPONSE_STARTED'
  // convue/testing
    | 'PEER_MISSING'
    | 'FUNCTIONS_INVALID'
    | 'DEPLOYMENT_OPTION_INVALID'
    | 'DEPLOYMENT_CLOSED'
    | 'DEPLOYMENT_FAILED'
    | 'SIGN_UP_FAILED'

/** What a {@link ConvueError} is made of. */
export interface ConvueErrorOptions {
  code: ConvueErrorCode
  /** What happened, in one sentence. */
  why: string
  /** What to do about it, in one sentence. */
  fix: string
  /** The error underneath, if there is one. */
  cause?: unknown
}

/**
 * Every error that Convue itself raises. Errors of Convex functions (`ConvexError` from `convex/values`) are never wrapped.
 */
export class ConvueError extends Error {
  override name = 'ConvueError'
  /** Which mistake it is: permanent, unlike the sentences. */
  declare readonly code: ConvueErrorCode
  /** What happened, in one sentence. */
  declare readonly why: string
  /** What to do about it, in one sentence. */
  declare readonly fix: string

  constructor({ code, why, fix, cause }: ConvueErrorOptions) {
    super(`[${code}] ${why} ${fix}`.trim(), { cause })
    this.code = code
    this.why = why
    this.fix = fix
  }
}
