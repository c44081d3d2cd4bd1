/** Calls of the actions of Convex Auth over HTTP, and what their failures mean. */
import type { Value } from 'convex/values'
import type { ConvexAuthTokens } from './convex-auth-storage.ts'
import { ConvexHttpClient } from 'convex/browser'
import { makeFunctionReference } from 'convex/server'

/** The arguments of the action `auth:signIn`. */
export interface SignInArgs extends Record<string, Value | undefined> {
  provider?: string
  params?: Record<string, Value>
  /** Of a sign-in that continued on the page of a provider. */
  verifier?: string | undefined
  refreshToken?: string
}

/** The answer of the action `auth:signIn`. */
export interface SignInAnswer {
  /** `null`: the code or the refresh token is not valid, or another step is necessary. */
  tokens?: ConvexAuthTokens | null
  /** The page of a provider, on which the sign-in continues. */
  redirect?: string
  verifier?: string
}

/**
 * - `returned`: the function has returned a value
 * - `thrown`: the function has thrown this error, such as `InvalidSecret`
 * - `refused`: the deployment does not accept the token of the request
 */
export type CallOutcome<T> = { kind: 'returned', value: T } | { kind: 'thrown', error: Error } | { kind: 'refused' }

/** The value of a call. @throws the error of the function */
export function valueOf<T>(outcome: CallOutcome<T>): T {
  if (outcome.kind === 'returned')
    return outcome.value
  throw outcome.kind === 'thrown' ? outcome.error : new Error('The deployment has refused the token.')
}

/** The status of the answer of a deployment whose function has thrown an error. */
const STATUS_FUNCTION_FAILED = 560
const STATUS_UNAUTHORIZED = 401

interface CallOptions {
  /** The deployment's URL. */
  url: string
  /** The JWT of the user; `null` for an anonymous call. */
  token: string | null
  signal?: AbortSignal | undefined
}

export async function callSignIn(args: SignInArgs, options: CallOptions): Promise<CallOutcome<SignInAnswer>> {
  return await callAction('auth:signIn', args, options)
}

export async function callSignOut(options: CallOptions): Promise<CallOutcome<null>> {
  return await callAction('auth:signOut', {}, options)
}

/** @throws if there is no answer, or if the answer says nothing about the call. */
async function callAction(
  name: string,
  args: Record<string, Value | undefined>,
  { url, token, signal }: CallOptions,
): Promise<CallOutcome<any>> {
  let status: number | undefined
  const client = new ConvexHttpClient(url, {
    logger: false,
    ...token && { auth: token },
    async fetch(input, init) {
      const response = await fetch(input, { ...init, ...signal && { signal } })
      status = response.status
      return response
    },
  })
  try {
    return { kind: 'returned', value: await client.action(makeFunctionReference<'action'>(name), args) }
  }
  catch (error) {
    if (status === STATUS_FUNCTION_FAILED)
      return { kind: 'thrown', error: error as Error }
    if (status === STATUS_UNAUTHORIZED && token)
      return { kind: 'refused' }
    throw error
  }
}
