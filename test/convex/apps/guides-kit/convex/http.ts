import type { HonoWithConvex } from 'convex-helpers/server/hono'
import type { ActionCtx } from './_generated/server'
import { HttpRouterWithHono } from 'convex-helpers/server/hono'
import { Hono } from 'hono'
import { cors } from 'hono/cors'
import { registerAuthRoutes } from '../../../../../src/convex/index'
import { createAuth } from './auth'

const app: HonoWithConvex<ActionCtx> = new Hono()

app.use('/api/*', cors({
  origin: process.env.SITE_URL!,
  allowHeaders: ['Content-Type', 'Authorization', 'Better-Auth-Cookie'],
  exposeHeaders: ['Set-Better-Auth-Cookie'],
  credentials: true,
}))

registerAuthRoutes(app, createAuth)

export default new HttpRouterWithHono(app)
