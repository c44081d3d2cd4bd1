/** The types of Better Auth's plugins, written so that every supported version accepts them. */

// The types that Better Auth infers refer to packages that an app cannot resolve, and differ
// between versions. The types of this file describe only the parts that are used.

/** The input that `auth.api` passes to an endpoint. */
export interface EndpointInput {
  headers?: HeadersInit
  request?: Request
  body?: undefined
  query?: undefined
  asResponse?: false
  returnHeaders?: false
}

/** An endpoint of a plugin, as `auth.api` and the client of Better Auth see it. */
export interface AuthEndpoint<Path extends string, Options extends { method: 'GET' | 'POST' }, Input, Result> {
  (input: WithoutForm<Input> & { asResponse: true }): Promise<Response>
  (input: WithoutForm<Input> & { returnHeaders: true }): Promise<{ headers: Headers, response: Result }>
  (input: Input): Promise<Result>
  path: Path
  options: Options
}

/** The input without the options that choose the form of the result. */
type WithoutForm<Input> = Omit<Input, 'asResponse' | 'returnHeaders'>

/** Options of an endpoint that only `auth.api` can call. */
export interface ServerOnly {
  method: 'POST'
  metadata: { SERVER_ONLY: true }
}

/** A hook that runs before or after the endpoints that it matches. */
export interface AuthHook {
  matcher: (context: any) => boolean
  handler: any
}
