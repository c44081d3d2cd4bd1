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

/** The account of the "Continue as demo user" button. It is no secret, and holds none. */
const demoUser = { name: 'Demo user', email: 'demo@convue.dev', password: 'demo-of-convue' }

/** Signs in as the demo user, who is signed up on a deployment that does not know them yet. */
export async function signInAsDemoUser(): Promise<void> {
  const { error } = await authClient.signIn.email(demoUser)
  if (!error)
    return
  if (error.code !== 'INVALID_EMAIL_OR_PASSWORD')
    return check({ error })
  const answer = await authClient.signUp.email(demoUser)
  if (answer.error?.code?.startsWith('USER_ALREADY_EXISTS'))
    throw new Error('Somebody changed the password of the demo user. Sign up with an address of your own.')
  check(answer)
}
