import { hasRole } from 'convue/convex'
import { authedQuery } from './auth'

/** All users with their profiles, only for admins. */
export const list = authedQuery.allow(hasRole('admin'))({
  args: {},
  handler: async ({ db }) => {
    const users = await db.query('user').take(100)
    return await Promise.all(users.map(async ({ _id, name, role, banned }) => {
      const profile = await db.query('profiles').withIndex('by_user', q => q.eq('userId', _id)).unique()
      return { id: _id, name, nickname: profile?.nickname, role: role ?? 'user', isBanned: banned === true }
    }))
  },
})
