import { paginationOptsValidator, paginationResultValidator } from 'convex/server'
import { ConvexError, v } from 'convex/values'
import { mutation, query } from './_generated/server'
import { birds } from './guide'
import { requireIdentity } from './identity'
import { place, places } from './places'
import { requireText } from './text'

/** The number of rows that `seed` writes: twelve pages of twenty rows. */
const SEED_ROWS = 240

// #region snippet
/** One page of the caller's sightings, latest first. */
export const page = query({
  args: {
    place: v.union(v.literal('all'), place),
    paginationOpts: paginationOptsValidator,
  },
  returns: paginationResultValidator(v.object({
    _id: v.id('sightings'),
    _creationTime: v.number(),
    userId: v.string(),
    bird: v.string(),
    place,
  })),
  handler: async (ctx, { place, paginationOpts }) => {
    const { subject } = await requireIdentity(ctx)
    const sightings = ctx.db.query('sightings')
    const mine = place === 'all'
      ? sightings.withIndex('by_user', q => q.eq('userId', subject))
      : sightings.withIndex('by_user_and_place', q =>
          q.eq('userId', subject).eq('place', place))
    return await mine.order('desc').paginate(paginationOpts)
  },
})
// #endregion

/** The number of the caller's sightings at each place. */
export const tally = query({
  args: {},
  returns: v.object({ garden: v.number(), wood: v.number(), coast: v.number() }),
  handler: async (ctx) => {
    const { subject } = await requireIdentity(ctx)
    const tally = { garden: 0, wood: 0, coast: 0 }
    for await (const { place } of ctx.db.query('sightings').withIndex('by_user', q => q.eq('userId', subject)))
      tally[place]++
    return tally
  },
})

export const add = mutation({
  args: {
    bird: v.string(),
    place,
  },
  returns: v.id('sightings'),
  handler: async (ctx, { bird, place }) => {
    const { subject } = await requireIdentity(ctx)
    return await ctx.db.insert('sightings', { userId: subject, bird: requireText(bird, 60), place })
  },
})

// #region report
/** Adds a sighting of a bird of the guide. The data of an error names the field that it concerns. */
export const report = mutation({
  args: {
    bird: v.string(),
    place,
  },
  returns: v.id('sightings'),
  handler: async (ctx, { bird, place }) => {
    const { subject } = await requireIdentity(ctx)
    if (!birds.some(({ name }) => name === bird)) {
      throw new ConvexError({
        field: 'bird',
        message: `The guide has no bird with the name ${bird}.`,
      })
    }
    const sightings = ctx.db.query('sightings').withIndex('by_user_and_place', q =>
      q.eq('userId', subject).eq('place', place))
    if (await sightings.filter(q => q.eq(q.field('bird'), bird)).first())
      throw new ConvexError({ message: 'You have reported this already.' })
    return await ctx.db.insert('sightings', { userId: subject, bird, place })
  },
})
// #endregion

/** Another user's row and a removed row cause the same error. */
export const remove = mutation({
  args: {
    id: v.id('sightings'),
  },
  returns: v.null(),
  handler: async (ctx, { id }) => {
    const { subject } = await requireIdentity(ctx)
    const found = await ctx.db.get(id)
    if (found?.userId !== subject)
      throw new ConvexError({ code: 'NOT_FOUND', message: 'This sighting is gone.' })
    await ctx.db.delete(id)
    return null
  },
})

/** Fills the caller's list if it is empty. */
export const seed = mutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    const { subject } = await requireIdentity(ctx)
    if (await ctx.db.query('sightings').withIndex('by_user', q => q.eq('userId', subject)).first())
      return null
    for (let n = 1; n <= SEED_ROWS; n++) {
      await ctx.db.insert('sightings', {
        userId: subject,
        bird: `${birds[n * 7 % birds.length]!.name} no. ${n}`,
        place: places[n % places.length]!,
      })
    }
    return null
  },
})

/** Empties the caller's list. */
export const clear = mutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    const { subject } = await requireIdentity(ctx)
    for await (const { _id } of ctx.db.query('sightings').withIndex('by_user', q => q.eq('userId', subject)))
      await ctx.db.delete(_id)
    return null
  },
})
