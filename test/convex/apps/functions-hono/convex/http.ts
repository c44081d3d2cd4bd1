import type { HonoWithConvex } from 'convex-helpers/server/hono'
import type { ActionCtx } from './_generated/server'
import { HttpRouterWithHono } from 'convex-helpers/server/hono'
import { Hono } from 'hono'
import { registerAuthRoutes } from '../../../../../src/convex/index'
import { api } from './_generated/api'
import { createAuth } from './auth'

const app: HonoWithConvex<ActionCtx> = new Hono()

registerAuthRoutes(app, createAuth, { basePath: '/custom/auth', cors: true })

app.get('/mail', async c => c.text(await c.env.runAction(api.mail.render)))

export default new HttpRouterWithHono(app)
