import { betterAuth } from 'better-auth-next/minimal'
import { httpRouter } from 'convex/server'
import { registerAuthRoutes } from '../../../../../src/convex/index'

const http = httpRouter()

/** Better Auth 1.7, without a database. */
registerAuthRoutes(http, () => betterAuth({ baseURL: process.env.SITE_URL! }), { cors: true })

export default http
