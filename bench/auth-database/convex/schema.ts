import { defineSchema } from 'convex/server'
import { authTables } from '../../../test/convex/apps/local-install/convex/authTables'

export default defineSchema(authTables)
