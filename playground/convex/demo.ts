import { v } from 'convex/values'
import { components } from './_generated/api'
import { query } from './_generated/server'
import { demoUser } from './demoUser'

/**
 * Whether the demo user has an account on this deployment. Without this query, the page would have to try to sign in,
 * and the browser would log a failed request.
 */
export const hasAccount = query({
  args: {},
  returns: v.boolean(),
  handler: async (ctx) => {
    const where = [{ field: 'email', value: demoUser.email }]
    return await ctx.runQuery(components.betterAuth.adapter.findOne, { model: 'user', where }) !== null
  },
})
