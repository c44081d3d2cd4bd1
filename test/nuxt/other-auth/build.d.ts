declare module '#auth/client' {
  const createClient: typeof import('./auth.config.ts').default
  export default createClient
}
