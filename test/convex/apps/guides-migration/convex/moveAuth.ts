import { v } from 'convex/values'
import { components, internal } from './_generated/api'
import { internalMutation } from './_generated/server'

/** Copies 20 users of the component with their accounts and sessions, and then the next 20. */
export const copyUsers = internalMutation({
  args: { cursor: v.optional(v.string()) },
  handler: async (ctx, { cursor = null }): Promise<void> => {
    const { findMany } = components.betterAuth.adapter
    const users = await ctx.runQuery(findMany, { model: 'user', paginationOpts: { numItems: 20, cursor } })
    for (const { _id: previousId, _creationTime, userId: _, ...user } of users.page) {
      const userId = await ctx.db.insert('user', user)
      for (const model of ['account', 'session'] as const) {
        const where = [{ field: 'userId', value: previousId }]
        const rows = await ctx.runQuery(findMany, { model, where, paginationOpts: { numItems: 200, cursor: null } })
        for (const { _id, _creationTime, ...row } of rows.page)
          await ctx.db.insert(model, { ...row, userId })
      }
      // Your own tables contain the previous id.
      for (const note of await ctx.db.query('notes').withIndex('by_author', q => q.eq('author', previousId)).collect())
        await ctx.db.patch(note._id, { author: userId })
    }
    if (!users.isDone)
      await ctx.scheduler.runAfter(0, internal.moveAuth.copyUsers, { cursor: users.continueCursor })
  },
})
