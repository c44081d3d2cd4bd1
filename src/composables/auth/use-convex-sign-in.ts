/** `useConvexSignIn`: a sign-in that settles when the deployment has confirmed the user. */

import type { ComputedRef } from 'vue'
import type { UseConvexAuthReturn } from '../../plugin/auth.ts'
import { computed, shallowRef } from 'vue'
import { diagnose } from '../../errors/diagnose.ts'
import { useConvexContext } from '../../plugin/context.ts'
import { untilTrue } from '../../reactivity/until-true.ts'
import { isSignInAnswer } from '../../token/auth-client-hooks.ts'

/** Options of {@link useConvexSignIn}. */
export interface UseConvexSignInOptions {
  /**
   * The longest time to wait for the deployment after the sign-in has been answered, in
   * milliseconds.
   *
   * @default 10000
   */
  timeoutMs?: number
}

/** The return value of {@link useConvexSignIn}: the sign-in, and the state of its latest call. */
export interface UseConvexSignInReturn {
  /**
   * Runs a sign-in. Resolves with `true` when the deployment has confirmed the new user, so that
   * the next page can show the user's data. Resolves with `false` if the answer contains no session
   * yet: the user must first open a mail, enter a second factor, or sign in on the page of a
   * provider.
   *
   * @param run Calls the auth client, and returns its answer. With another provider, return
   * nothing.
   * @throws the error of the sign-in, as the auth client returns it
   * @throws {ConvueError} `TOKEN_REJECTED`: the deployment refuses the token. `SIGN_IN_FAILED`: the
   * browser has no session, although the sign-in has succeeded. Otherwise the error of the request
   * that has failed until the end of the time.
   */
  signIn: (run: () => unknown) => Promise<boolean>
  /** Whether the latest call has not settled yet. */
  isPending: ComputedRef<boolean>
  /** The error of the latest call; `undefined` unless this call has failed. */
  error: ComputedRef<unknown>
}

interface Call { isPending: boolean, error?: unknown }

/**
 * Runs a sign-in with the auth client, and waits until the deployment has confirmed the user. For
 * every way to sign in that does not leave the page, and for switches between users, such as
 * `multiSession.setActive` and `admin.impersonateUser`.
 *
 * @param options How long to wait for the deployment.
 * @throws {ConvueError} `PLUGIN_MISSING`
 * @example
 * const { signIn, isPending, error } = useConvexSignIn()
 * async function submit() {
 *   if (await signIn(() => authClient.signIn.email({ email, password })))
 *     await router.push('/tasks')
 * }
 */
export function useConvexSignIn(options: UseConvexSignInOptions = {}): UseConvexSignInReturn {
  const { timeoutMs = 10_000 } = options
  const { auth } = useConvexContext('useConvexSignIn')
  const latest = shallowRef<Call>({ isPending: false })

  async function signIn(run: () => unknown): Promise<boolean> {
    const own = latest.value = { isPending: true }
    const settle = (call: Call): void => {
      if (latest.value === own)
        latest.value = call
    }
    try {
      const isSignedIn = await runSignIn(auth, run, timeoutMs)
      settle({ isPending: false })
      return isSignedIn
    }
    catch (error) {
      settle({ isPending: false, error })
      throw error
    }
  }

  return {
    signIn,
    isPending: computed(() => latest.value.isPending),
    error: computed(() => latest.value.error),
  }
}

async function runSignIn(auth: UseConvexAuthReturn, run: () => unknown, timeoutMs: number): Promise<boolean> {
  const answer: any = await run()
  // A Better Auth client returns `{ data, error }`, or only the data if it throws its errors.
  const isWrapped = !!answer && typeof answer === 'object' && 'data' in answer && 'error' in answer
  if (isWrapped && answer.error)
    throw answer.error
  const data = isWrapped ? answer.data : answer
  if (answer !== undefined && !isSignInAnswer(data))
    return false
  await confirmed(auth, data?.user?.id, timeoutMs)
  return true
}

/** @throws if the deployment does not confirm the user. `userId`: `undefined` for any user. */
async function confirmed(auth: UseConvexAuthReturn, userId: string | undefined, timeoutMs: number): Promise<void> {
  const { status, user, error } = auth
  const isConfirmed = (): boolean =>
    status.value === 'authenticated' && (userId === undefined || user.value?.id === userId)
  // An error from before the sign-in says nothing about it.
  const previousError = error.value
  const newError = (): Error | null => error.value === previousError ? null : error.value
  const isRejected = (): boolean => (newError() as { code?: unknown } | null)?.code === 'TOKEN_REJECTED'
  const hasNoSession = shallowRef(false)
  // Better Auth has reported a user, so the page is only signed out if the session has been lost.
  if (userId !== undefined)
    void auth.ready().then(isSignedIn => hasNoSession.value = isSignedIn === false)
  await untilTrue(() => isConfirmed() || isRejected() || hasNoSession.value, undefined, timeoutMs)
  if (!isConfirmed())
    throw newError() ?? diagnose('SIGN_IN_FAILED')
}
