/** The identity as which the functions of a connection run, and its verification. */
import type { Identity } from '../identity.ts'
import type { Authenticator } from '../runtime/auth.ts'
import type { Authenticate } from './protocol.ts'
import { HttpError } from '../http-error.ts'
import { identifyAdmin, toIdentity } from '../runtime/admin-key.ts'
import { AuthenticationError } from '../runtime/auth.ts'
import { Rejection } from './protocol.ts'

/** An identity, and the end of its validity. */
export interface Session {
  identity: Identity
  /** The time at which the client's token expires, in ms since 1970. */
  expiresAt: number
  /** `true` if the client has the admin key, and may call internal functions. */
  isAdmin: boolean
  /** The token with which the user has authenticated. */
  authToken?: string
}

/** The parts of a deployment that verify tokens. */
export interface SessionHost {
  authenticator: () => Authenticator
  adminKey: string
}

export const ANONYMOUS: Session = { identity: null, expiresAt: Infinity, isAdmin: false }

/** @throws Rejection `auth` if the token is not valid. */
export async function openSession(message: Authenticate, host: SessionHost): Promise<Session> {
  try {
    return await verify(message, host)
  }
  catch (error) {
    if (error instanceof AuthenticationError || error instanceof HttpError)
      throw new Rejection('auth', error.message, true)
    throw error
  }
}

async function verify({ tokenType, value = '', impersonating }: Authenticate, host: SessionHost): Promise<Session> {
  switch (tokenType) {
    case 'None':
      return ANONYMOUS
    case 'User':
      return { ...await host.authenticator().verify(value), isAdmin: false, authToken: value }
    default: {
      const user = impersonating === undefined ? null : toIdentity(impersonating)
      return { ...identifyAdmin(host, value, user), expiresAt: Infinity }
    }
  }
}
