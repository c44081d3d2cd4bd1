import { httpRouter } from 'convex/server'
import { registerAuthDatabaseRoute } from '../../../../../src/convex/index'
import { httpAction } from './_generated/server'
import { database } from './auth'
import { authTables } from './schema'

const http = httpRouter()
registerAuthDatabaseRoute(http, { database, tables: Object.keys(authTables) })
registerAuthDatabaseRoute(http, { database, tables: ['user'], path: '/only-users', secrets: ['the secret of a route with one table'] })
http.route({ path: '/hello', method: 'GET', handler: httpAction(async () => new Response('Hello')) })
export default http
