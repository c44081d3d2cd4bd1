import { v } from 'convex/values'
import { components } from './_generated/api'
import { query } from './_generated/server'
import { demoUser } from './demoUser'

/** Whether the demo user has an account on this deployment: trying to sign in would log an error on the page. */
export const hasAccount = query({
  args: {},
  returns: v.boolean(),
  handler: async (ctx) => {
    const where = [{ field: 'email', value: demoUser.email }]
    return await ctx.runQuery(components.betterAuth.adapter.findOne, { model: 'user', where }) !== null
  },
})
