import { httpRouter } from 'convex/server'
import { httpAction } from './_generated/server'
import { createAuth } from './auth'

const http = httpRouter()
const handler = httpAction(async (ctx, request) => await createAuth(ctx).handler(request))
http.route({ pathPrefix: '/api/auth/', method: 'GET', handler })
http.route({ pathPrefix: '/api/auth/', method: 'POST', handler })
export default http
