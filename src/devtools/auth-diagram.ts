/** The auth states and their arrows, as the inspector shows them. */
import type { AuthState } from '../token/auth-state.ts'

type Status = AuthState['status']

interface DiagramState {
  /** The meaning of the state. */
  means: string
  /**
   * The events that leave the state, with the states that they lead to. The text in parentheses
   * says which events of this type have this effect.
   */
  arrows: Record<string, Status>
}

const SIGN_OUT: DiagramState['arrows'] = {
  'signedOut, session (signed out), denied': 'unauthenticated',
}

/** A series of rejected tokens also signs the user out. */
const LOST_USER: DiagramState['arrows'] = {
  'session (another user)': 'loading',
  ...SIGN_OUT,
  'rejected (too many times)': 'unauthenticated',
}

/** The diagram of `Identity` in auth-state.ts. */
export const AUTH_DIAGRAM: Record<Status, DiagramState> = {
  loading: {
    means: 'The identity is not known yet, or the first token has not arrived yet.',
    arrows: { token: 'authenticating', ...SIGN_OUT },
  },
  unauthenticated: {
    means: 'Signed out: queries and calls run anonymously.',
    arrows: { 'session (signed in)': 'loading', 'token': 'authenticating' },
  },
  authenticating: {
    means: 'The first token was sent, and the deployment has not confirmed it yet.',
    arrows: { 'authenticated': 'authenticated', 'refreshing, rejected': 'refreshing', ...LOST_USER },
  },
  authenticated: {
    means: 'The deployment has confirmed the user.',
    arrows: {
      'refreshing, rejected': 'refreshing',
      'token (another user)': 'authenticating',
      'anonymousTimedOut (no token yet)': 'loading',
      ...LOST_USER,
    },
  },
  refreshing: {
    means: 'The user is known, and another token is being requested. Data remains visible, and is stale.',
    arrows: {
      'authenticated': 'authenticated',
      'token (another user)': 'authenticating',
      ...LOST_USER,
      'tokenRequested (after too many rejections)': 'unauthenticated',
    },
  },
}
