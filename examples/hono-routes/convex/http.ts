import type { HonoWithConvex } from 'convex-helpers/server/hono'
import type { ActionCtx } from './_generated/server'
import { HttpRouterWithHono } from 'convex-helpers/server/hono'
import { registerAuthRoutes } from 'convue/convex'
import { Hono } from 'hono'
import { cors } from 'hono/cors'
import { createAuth } from './auth'
import { BASE_PATH } from './basePath'

const app: HonoWithConvex<ActionCtx> = new Hono()

// The pages of `SITE_URL` may call the routes of Better Auth from their own origin.
registerAuthRoutes(app, createAuth, { basePath: BASE_PATH, cors: true })

// And the routes of the app, with a token.
app.use('/api/*', cors({ origin: () => process.env.SITE_URL!, allowHeaders: ['Authorization'] }))
app.get('/api/greeting', async (c) => {
  const identity = await c.env.auth.getUserIdentity()
  if (!identity)
    return c.json({ message: 'Sign in first.' }, 401)
  return c.json({ message: `Hello ${identity.name} of ${identity.team}` })
})

export default new HttpRouterWithHono(app)
