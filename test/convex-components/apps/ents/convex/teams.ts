import { v } from 'convex/values'
import { mutation, query } from './functions'

export const add = mutation({
  args: { name: v.string(), members: v.number() },
  handler: async (ctx, { name, members }) => {
    const team = await ctx.table('teams').insert({ name })
    for (let index = 0; index < members; index++)
      await ctx.table('members').insert({ name: `member ${index}`, teamId: team })
    return team
  },
})

export const remove = mutation({
  args: { team: v.id('teams') },
  handler: async (ctx, { team }) => {
    await ctx.table('teams').getX(team).delete()
  },
})

export const restore = mutation({
  args: { team: v.id('teams') },
  handler: async (ctx, { team }) => {
    await ctx.table('teams').getX(team).patch({ deletionTime: undefined })
  },
})

export const state = query({
  args: { team: v.id('teams') },
  handler: async (ctx, { team }) => ({
    isDeleted: (await ctx.table('teams').get(team))?.deletionTime !== undefined,
    exists: await ctx.table('teams').get(team) !== null,
    members: (await ctx.table('members', 'teamId', q => q.eq('teamId', team))).length,
  }),
})
