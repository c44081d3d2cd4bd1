import { queryGeneric } from 'convex/server'

export const whoami = queryGeneric({
  handler: async ctx => await ctx.auth.getUserIdentity(),
})
