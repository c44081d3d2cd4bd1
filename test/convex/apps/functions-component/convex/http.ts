import { httpRouter } from 'convex/server'
import { registerAuthRoutes } from '../../../../../src/convex/index'
import { createAuth } from './auth'

const http = httpRouter()

registerAuthRoutes(http, createAuth, { cors: { origins: ['https://other.example.com'], allowedHeaders: ['X-Tenant'], exposedHeaders: ['X-Trace'] } })

export default http
