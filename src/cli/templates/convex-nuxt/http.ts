import { httpRouter } from 'convex/server'
import { registerAuthDatabaseRoute } from 'convue/convex'
import { database } from './authDatabase'
import { authTables } from './authTables'

const http = httpRouter()
// Only a server that knows `AUTH_DATABASE_SECRET` can use this route.
registerAuthDatabaseRoute(http, { database, tables: Object.keys(authTables) })

export default http
