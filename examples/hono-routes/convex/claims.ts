import { query } from './_generated/server'

/** What Convex knows of the user from the token, without reading the database. */
export const list = query({
  args: {},
  handler: async (ctx) => {
    const claims = await ctx.auth.getUserIdentity()
    return Object.entries(claims ?? {}).map(([name, value]) => ({ name, value: String(value) }))
  },
})
