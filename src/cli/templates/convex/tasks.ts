import { v } from 'convex/values'
import { authedMutation, authedQuery } from './authed'

/** The tasks of the user, newest first. */
export const list = authedQuery({
  args: {},
  handler: async ({ db, user }) =>
    await db.query('tasks').withIndex('by_owner', q => q.eq('owner', user._id)).order('desc').take(100),
})

export const add = authedMutation({
  args: { text: v.string() },
  handler: async ({ db, user }, { text }) => {
    await db.insert('tasks', { owner: user._id, text })
  },
})
