import { createApi } from '@convex-dev/better-auth'
import schema from './schema'

// Not for an app: these functions are public, so that a stranger can call them.
export const { create, findOne, findMany, updateOne, updateMany, deleteOne, deleteMany } = createApi(schema, () => ({}))
