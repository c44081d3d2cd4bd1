// Only for `npx auth generate --output convex/authTables.ts`, which does not run on Convex.
import { createAuth } from './convex/auth'

export const auth = createAuth({} as never)
