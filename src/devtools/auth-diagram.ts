/** The auth states and their arrows, as the inspector shows them. */
import type { AuthState } from '../token/auth-state.ts'

interface DiagramState {
  /** The meaning of the state. */
  means: string
  /** The events that leave the state, with the states that they lead to. */
  arrows: Record<string, string>
}

const FROM_ANY_STATE = {
  'session or token of another user': 'loading or authenticating',
  'signedOut, denied, session without a user': 'unauthenticated',
  'too many rejected tokens': 'unauthenticated',
}

/** The diagram of `Identity` in auth-state.ts. */
export const AUTH_DIAGRAM: Record<AuthState['status'], DiagramState> = {
  loading: {
    means: 'The identity is not known yet, or the first token has not arrived yet.',
    arrows: { 'token': 'authenticating', 'session without a user, denied': 'unauthenticated' },
  },
  unauthenticated: {
    means: 'Signed out: queries and calls run anonymously.',
    arrows: { 'session with a user': 'loading', 'token': 'authenticating' },
  },
  authenticating: {
    means: 'The first token was sent, and the deployment has not confirmed it yet.',
    arrows: { 'authenticated': 'authenticated', 'refreshing, rejected': 'refreshing', ...FROM_ANY_STATE },
  },
  authenticated: {
    means: 'The deployment has confirmed the user.',
    arrows: { 'refreshing, rejected': 'refreshing', ...FROM_ANY_STATE },
  },
  refreshing: {
    means: 'The user is known, and another token is being requested. Data remains visible, and is stale.',
    arrows: { authenticated: 'authenticated', ...FROM_ANY_STATE },
  },
}
