import { httpRouter } from 'convex/server'
import { registerAuthRoutes } from 'convue/convex'
import { createAuth } from './auth'

const http = httpRouter()
// The pages of `SITE_URL` may call the routes from their own origin.
registerAuthRoutes(http, createAuth, { cors: true })

export default http
