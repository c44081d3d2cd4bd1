import { hasRole } from 'convue/convex'
import { authedQuery } from './auth'

/** All users with their profiles, only for admins. */
export const list = authedQuery.allow(hasRole('admin'))({
  args: {},
  handler: async ({ table }) =>
    await table('user').take(100).map(async (user) => {
      const profile = await user.edge('profile')
      const { _id, name, role, banned } = user
      return { id: _id, name, nickname: profile?.nickname, role: role ?? 'user', isBanned: banned === true }
    }),
})
