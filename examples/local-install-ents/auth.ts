// Only for `npx auth generate`, which does not run a function of Convex.
import { createAuth } from './convex/auth'

export const auth = createAuth({} as never)
