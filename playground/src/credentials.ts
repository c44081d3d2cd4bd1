import { demoUser } from '../convex/demoUser'
import { authClient } from './auth-client'

export interface Credentials {
  email: string
  password: string
}

export interface Newcomer extends Credentials {
  name: string
}

// #region snippet
export function signIn(credentials: Credentials) {
  return authClient.signIn.email(credentials)
}

export function signUp(newcomer: Newcomer) {
  return authClient.signUp.email(newcomer)
}
// #endregion

/** Signs in as the demo user. If the deployment does not have the account yet, signs the demo user up. */
export async function signInAsDemoUser(hasAccount: boolean) {
  const answer = await (hasAccount ? signIn(demoUser) : signUp(demoUser))
  if (answer.error?.code === 'INVALID_EMAIL_OR_PASSWORD')
    throw new Error('The password of the demo user was changed. Sign up with your own address.')
  return answer
}
