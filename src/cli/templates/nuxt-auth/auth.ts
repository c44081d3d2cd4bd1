import process from 'node:process'
import { betterAuth } from 'better-auth'
import { convex } from 'convue/convex'
import { convexDatabase } from 'convue/convex/database'

const siteUrl = process.env.SITE_URL ?? 'http://localhost:3000'

/** Better Auth on the server of this app, whose data are in Convex. */
export const auth = betterAuth({
  baseURL: siteUrl,
  secret: process.env.BETTER_AUTH_SECRET,
  database: convexDatabase(),
  emailAndPassword: { enabled: true },
  // While this cookie is valid, a page view of a signed-in user needs no request to the database.
  session: { cookieCache: { enabled: true, strategy: 'jwe', maxAge: 60 } },
  plugins: [convex({ issuer: siteUrl, jwks: process.env.JWKS || undefined })],
})
