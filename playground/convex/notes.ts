import { v } from 'convex/values'
// In an app: `import { defineOfflineMutation } from 'convue/convex'`.
import { defineOfflineMutation } from '../../src/convex/index'
import { mutation, query } from './_generated/server'
import { requireIdentity } from './identity'
import { requireText } from './text'

const MAX_LENGTH = 120

/** The caller's notes, in the order in which they were added. */
export const list = query({
  args: {},
  returns: v.array(v.object({
    _id: v.id('notes'),
    _creationTime: v.number(),
    userId: v.string(),
    text: v.string(),
  })),
  handler: async (ctx) => {
    const { subject } = await requireIdentity(ctx)
    return await ctx.db.query('notes').withIndex('by_user', q => q.eq('userId', subject)).take(100)
  },
})

// #region snippet
const offlineMutation = defineOfflineMutation(mutation)

export const add = offlineMutation({
  args: {
    text: v.string(),
  },
  returns: v.id('notes'),
  handler: async (ctx, { text }) => {
    const { subject } = await requireIdentity(ctx)
    return await ctx.db.insert('notes', {
      userId: subject,
      text: requireText(text, MAX_LENGTH),
    })
  },
})
// #endregion
