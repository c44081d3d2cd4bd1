import { demoUser } from '../convex/demoUser'
import { authClient } from './auth-client'

export interface Credentials {
  email: string
  password: string
}

export interface Newcomer extends Credentials {
  name: string
}

/**
 * A response of the Better Auth client. It contains the error of the server, if there is one. Errors of the network are
 * thrown instead.
 */
interface Answer {
  error: { message?: string, status: number, statusText: string, code?: string } | null
}

/** If the response contains an error, throws an `Error` with a message for users. */
function check({ error }: Answer): void {
  if (error)
    throw new Error(error.message || `The server answered ${error.status} ${error.statusText}.`)
}

// #region snippet
export async function signIn(credentials: Credentials) {
  check(await authClient.signIn.email(credentials))
}

export async function signUp(newcomer: Newcomer) {
  check(await authClient.signUp.email(newcomer))
}
// #endregion

/** Signs in as the demo user. If the deployment does not have the account yet, signs the demo user up. */
export async function signInAsDemoUser(hasAccount: boolean): Promise<void> {
  const { error } = hasAccount ? await authClient.signIn.email(demoUser) : await authClient.signUp.email(demoUser)
  if (error?.code === 'INVALID_EMAIL_OR_PASSWORD')
    throw new Error('The password of the demo user was changed. Sign up with your own address.')
  check({ error })
}
