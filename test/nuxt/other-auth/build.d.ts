declare module '#auth/client' {
  const createClient: typeof import('./auth.config.ts').default
  export default createClient
}

declare module '#auth/database' {
  export function createDatabase(): import('better-auth').BetterAuthOptions['database']
  export const db: undefined
}

declare module '#auth/server' {
  const createServerAuth: (context: { db: undefined }) => import('better-auth').BetterAuthOptions
  export default createServerAuth
}
