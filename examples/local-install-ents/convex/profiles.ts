import { v } from 'convex/values'
import { authedMutation, authedQuery } from './auth'

export const mine = authedQuery({
  args: {},
  handler: async ({ table, user }) => {
    const profile = await table('profiles').get('userId', user._id)
    return { nickname: profile?.nickname ?? '', role: user.role ?? 'user' }
  },
})

export const rename = authedMutation({
  args: { nickname: v.string() },
  handler: async ({ table, user }, { nickname }) => {
    await table('profiles').getX('userId', user._id).patch({ nickname })
  },
})
