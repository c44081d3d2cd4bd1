import type { Id } from './_generated/dataModel'
import { v } from 'convex/values'
import { authedMutation, authedQuery, isMember } from './auth'

/** The organizations of the user. */
export const mine = authedQuery({
  args: {},
  handler: async (ctx) => {
    const members = await ctx.db.query('member').withIndex('by_userId', q => q.eq('userId', ctx.user._id)).take(100)
    const organizations = await Promise.all(members.map(({ organizationId }) => ctx.db.get(organizationId)))
    return organizations.filter(organization => organization !== null).map(({ _id, name }) => ({
      id: _id,
      name,
      isActive: _id === ctx.session.activeOrganizationId,
    }))
  },
})

/** The notes of the active organization, only for its members. */
export const notes = authedQuery.allow(isMember({ organization: 'active' }))({
  args: {},
  handler: async ({ db, session }) => {
    const organizationId = activeOrganization(session)
    return await db.query('notes').withIndex('by_organization', q => q.eq('organizationId', organizationId)).take(100)
  },
})

export const addNote = authedMutation.allow(isMember({ organization: 'active' }))({
  args: { text: v.string() },
  handler: async ({ db, session, user }, { text }) => {
    await db.insert('notes', { organizationId: activeOrganization(session), author: user.name, text })
  },
})

/** The active organization. Every session that `isMember` has accepted has one. */
function activeOrganization(session: { activeOrganizationId: string }): Id<'organization'> {
  return session.activeOrganizationId as Id<'organization'>
}
