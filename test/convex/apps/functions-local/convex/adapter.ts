import { v } from 'convex/values'
import { internalMutation, internalQuery } from './_generated/server'

const condition = v.object({ field: v.string(), value: v.string() })

/** The part of a database adapter that the helpers need. */
export const findOne = internalQuery({
  args: { model: v.union(v.literal('user'), v.literal('session'), v.literal('member')), where: v.array(condition) },
  handler: async (ctx, { model, where }) => {
    const documents: Record<string, any>[] = await ctx.db.query(model).collect()
    const rows = documents.map(document => ({ id: document._id, ...document }) as Record<string, any>)
    return rows.find(row => where.every(({ field, value }) => row[field] === value)) ?? null
  },
})

/** A user with a session of one hour. */
export const addUser = internalMutation({
  args: { name: v.string(), role: v.optional(v.string()), organization: v.optional(v.string()) },
  handler: async (ctx, { name, role, organization }) => {
    const now = Date.now()
    const times = { createdAt: now, updatedAt: now }
    const user = await ctx.db.insert('user', { name, email: `${name}@example.com`, emailVerified: true, plan: 'free', ...times, ...role ? { role } : {} })
    const session = await ctx.db.insert('session', {
      userId: user,
      token: `secret of ${name}`,
      expiresAt: now + 3_600_000,
      ...times,
      ...organization ? { activeOrganizationId: organization } : {},
    })
    if (organization)
      await ctx.db.insert('member', { organizationId: organization, userId: user, role: 'member' })
    return { user, session }
  },
})

export const endSession = internalMutation({
  args: { session: v.id('session') },
  handler: async (ctx, { session }) => await ctx.db.delete(session),
})
