import type { Doc, Id } from './_generated/dataModel'
import { v } from 'convex/values'
import { authedMutation, authedQuery, isMember } from './auth'

/** The organizations of the user. */
export const mine = authedQuery({
  args: {},
  handler: async ({ session, table, user }) => {
    const memberships = table('user').getX(user._id).edge('memberships')
    const organizations = await memberships.map(member => member.edge('organization'))
    return organizations.map(({ _id, name }) => ({ id: _id, name, isActive: _id === session.activeOrganizationId }))
  },
})

/** The notes of the active organization, only for its members. */
export const notes = authedQuery.allow(isMember({ organization: 'active' }))({
  args: {},
  handler: async ({ session, table }) =>
    await table('organization').getX(activeOrganization(session)).edge('notes').docs(),
})

export const addNote = authedMutation.allow(isMember({ organization: 'active' }))({
  args: { text: v.string() },
  handler: async ({ session, table, user }, { text }) => {
    await table('notes').insert({ organizationId: activeOrganization(session), author: user.name, text })
  },
})

/** The active organization of a session that `isMember` has checked. */
function activeOrganization(session: Pick<Doc<'session'>, 'activeOrganizationId'>): Id<'organization'> {
  return session.activeOrganizationId as Id<'organization'>
}
