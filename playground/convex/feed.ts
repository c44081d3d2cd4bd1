import { v } from 'convex/values'
import { mutation, query } from './_generated/server'
import { authComponent } from './auth'
import { requireText } from './text'

const publicPost = v.object({
  _id: v.id('posts'),
  _creationTime: v.number(),
  author: v.string(),
  text: v.string(),
})

/**
 * The latest posts of all users. Each post contains the name of its author, but not the account.
 */
export const list = query({
  args: {},
  returns: v.array(publicPost),
  handler: async (ctx) => {
    const posts = await ctx.db.query('posts').order('desc').take(50)
    return posts.map(({ _id, _creationTime, author, text }) => ({ _id, _creationTime, author, text }))
  },
})

export const post = mutation({
  args: {
    text: v.string(),
  },
  returns: v.id('posts'),
  handler: async (ctx, { text }) => {
    const user = await authComponent.getAuthUser(ctx)
    return await ctx.db.insert('posts', {
      userId: user._id,
      author: user.name,
      text: requireText(text, 280),
    })
  },
})
