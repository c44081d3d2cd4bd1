import { httpRouter } from 'convex/server'
import { registerAuthDatabaseRoute } from '../../../src/convex/index.ts'
import { database } from './auth'
import schema from './schema'

const http = httpRouter()
registerAuthDatabaseRoute(http, { database, tables: Object.keys(schema.tables) })

export default http
