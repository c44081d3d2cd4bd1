import { demoUser } from '../convex/demoUser'
import { authClient } from './auth-client'

export interface Credentials {
  email: string
  password: string
}

export interface Newcomer extends Credentials {
  name: string
}

/** An answer of the Better Auth client: errors come as data, except those of the network, which are thrown. */
interface Answer {
  error: { message?: string, status: number, statusText: string, code?: string } | null
}

/** Throws what Better Auth answered as an `Error` with a message for people. */
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

/** Signs in as the demo user, who is signed up on a deployment that does not have the account yet. */
export async function signInAsDemoUser(hasAccount: boolean): Promise<void> {
  const { error } = hasAccount ? await authClient.signIn.email(demoUser) : await authClient.signUp.email(demoUser)
  if (error?.code === 'INVALID_EMAIL_OR_PASSWORD')
    throw new Error('The password of the demo user was changed. Sign up with an address of your own.')
  check({ error })
}
