import { httpRouter } from 'convex/server'
import { registerAuthRoutes } from 'convue/convex'
import { createAuth } from './auth'

const http = httpRouter()
registerAuthRoutes(http, createAuth)

export default http
