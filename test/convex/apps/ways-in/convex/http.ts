import { httpRouter } from 'convex/server'
import { registerAuthRoutes } from '../../../../../src/convex/index'
import { createAuth } from './auth'

const http = httpRouter()
registerAuthRoutes(http, createAuth)
export default http
