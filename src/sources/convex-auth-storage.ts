/** The storage of `convexAuthSource`, with the keys of Convex Auth's own client. */

/** A storage for tokens, such as `localStorage`, `sessionStorage`, or that of a native app. */
export interface ConvexAuthStorage {
  getItem: (key: string) => string | null | undefined | Promise<string | null | undefined>
  setItem: (key: string, value: string) => void | Promise<void>
  removeItem: (key: string) => void | Promise<void>
}

/** The tokens of a session, as the action `auth:signIn` returns them. */
export interface ConvexAuthTokens {
  /** The JWT. */
  token: string
  /** Usable once, for the next tokens of the session. */
  refreshToken: string
}

/** The tokens of one app in a storage. */
export interface TokenStore {
  readonly jwtKey: string
  read: () => Promise<ConvexAuthTokens | null>
  write: (tokens: ConvexAuthTokens | null) => Promise<void>
  /** Keeps the verifier of a sign-in that continues on the page of a provider. */
  writeVerifier: (verifier: string) => Promise<void>
  /** Returns the verifier of such a sign-in, and removes it, since it can be used once. */
  takeVerifier: () => Promise<string | undefined>
}

/**
 * The keys are those of `@convex-dev/auth/react`, so that both can share a session.
 *
 * @see https://github.com/get-convex/convex-auth/blob/main/src/react/client.tsx
 */
export function createTokenStore(storage: ConvexAuthStorage, namespace: string): TokenStore {
  const suffix = namespace.replace(/[^a-z0-9]/gi, '')
  const jwtKey = `__convexAuthJWT_${suffix}`
  const refreshTokenKey = `__convexAuthRefreshToken_${suffix}`
  const verifierKey = `__convexAuthOAuthVerifier_${suffix}`

  return {
    jwtKey,
    async read() {
      const token = await storage.getItem(jwtKey)
      const refreshToken = await storage.getItem(refreshTokenKey)
      return token && refreshToken ? { token, refreshToken } : null
    },
    // The JWT is written last, since other tabs read both when the JWT changes.
    async write(tokens) {
      if (tokens) {
        await storage.setItem(refreshTokenKey, tokens.refreshToken)
        await storage.setItem(jwtKey, tokens.token)
      }
      else {
        await storage.removeItem(refreshTokenKey)
        await storage.removeItem(jwtKey)
      }
    },
    writeVerifier: async verifier => void await storage.setItem(verifierKey, verifier),
    async takeVerifier() {
      const verifier = await storage.getItem(verifierKey)
      if (verifier)
        await storage.removeItem(verifierKey)
      return verifier ?? undefined
    },
  }
}

/** `localStorage`, or a storage that lasts as long as the page if the browser blocks it. */
export function defaultStorage(): ConvexAuthStorage {
  try {
    return localStorage
  }
  catch {
    const values = new Map<string, string>()
    return {
      getItem: key => values.get(key),
      setItem: (key, value) => void values.set(key, value),
      removeItem: key => void values.delete(key),
    }
  }
}
