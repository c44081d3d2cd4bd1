import type { DataModel } from './_generated/dataModel'
import { TableAggregate } from '@convex-dev/aggregate'
import { v } from 'convex/values'
import { components } from './_generated/api'
import { mutation, query } from './_generated/server'

/** The leaderboard of each game. */
const scoresByGame = new TableAggregate<{
  Namespace: string
  Key: number
  DataModel: DataModel
  TableName: 'scores'
}>(components.scoresByGame, {
  namespace: ({ game }) => game,
  sortKey: ({ score }) => score,
  sumValue: ({ score }) => score,
})

export const add = mutation({
  args: { game: v.string(), scores: v.array(v.number()) },
  handler: async (ctx, { game, scores }) => {
    for (const score of scores) {
      const id = await ctx.db.insert('scores', { game, player: `player ${score}`, score })
      await scoresByGame.insert(ctx, (await ctx.db.get(id))!)
    }
  },
})

export const correct = mutation({
  args: { game: v.string(), from: v.number(), to: v.union(v.number(), v.null()) },
  handler: async (ctx, { game, from, to }) => {
    const scores = await ctx.db.query('scores').collect()
    const before = scores.find(score => score.game === game && score.score === from)!
    if (to === null) {
      await ctx.db.delete(before._id)
      return await scoresByGame.delete(ctx, before)
    }
    await ctx.db.patch(before._id, { score: to })
    await scoresByGame.replace(ctx, before, (await ctx.db.get(before._id))!)
  },
})

export const summary = query({
  args: { game: v.string() },
  handler: async (ctx, { game: namespace }) => ({
    count: await scoresByGame.count(ctx, { namespace }),
    sum: await scoresByGame.sum(ctx, { namespace }),
    min: (await scoresByGame.min(ctx, { namespace }))?.key,
    max: (await scoresByGame.max(ctx, { namespace }))?.key,
  }),
})

export const countBetween = query({
  args: { game: v.string(), lower: v.number(), upper: v.number() },
  handler: async (ctx, { game: namespace, lower, upper }) => await scoresByGame.count(ctx, {
    namespace,
    bounds: { lower: { key: lower, inclusive: true }, upper: { key: upper, inclusive: false } },
  }),
})

/** The rank of a score, where 0 is the best score. */
export const rank = query({
  args: { game: v.string(), score: v.number() },
  handler: async (ctx, { game: namespace, score }) => await scoresByGame.indexOf(ctx, score, { namespace, order: 'desc' }),
})

export const at = query({
  args: { game: v.string(), offset: v.number() },
  handler: async (ctx, { game: namespace, offset }) => {
    const { key, id } = await scoresByGame.at(ctx, offset, { namespace })
    return { key, player: (await ctx.db.get(id))!.player }
  },
})

export const page = query({
  args: { game: v.string(), cursor: v.optional(v.string()) },
  handler: async (ctx, { game: namespace, cursor }) => {
    const { page, ...rest } = await scoresByGame.paginate(ctx, { namespace, order: 'desc', pageSize: 30, cursor })
    return { ...rest, keys: page.map(({ key }) => key) }
  },
})

export const games = query({
  args: {},
  handler: async (ctx) => {
    const names: string[] = []
    for await (const name of scoresByGame.iterNamespaces(ctx))
      names.push(name)
    return names
  },
})
