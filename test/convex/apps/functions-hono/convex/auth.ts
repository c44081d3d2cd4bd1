import { betterAuth } from 'better-auth/minimal'

/** Better Auth without a database, since the tests only call its routes. */
export function createAuth(_ctx: unknown) {
  return betterAuth({
    baseURL: process.env.SITE_URL!,
    basePath: '/custom/auth',
    trustedOrigins: async request => [request?.headers.get('x-pattern') ?? '*'],
    plugins: [{
      id: 'probe',
      endpoints: {},
      onRequest: async request => new URL(request.url).pathname.endsWith('/probe')
        ? { response: Response.json({ method: request.method, host: request.headers.get('x-forwarded-host'), body: await request.text() }) }
        : undefined,
    }],
  })
}
