import type { Doc, Id } from './_generated/dataModel'
import type { MutationCtx, QueryCtx } from './_generated/server'
import { ConvexError, v } from 'convex/values'
import { mutation, query } from './_generated/server'
import { requireIdentity } from './identity'
import { requireText } from './text'

const MAX_LIKED = 3

const titles = ['Morning train', 'Paper boats', 'The long way home', 'Rain on tin', 'Small hours', 'Last light']

/** The caller's songs, in their order. */
export const list = query({
  args: {},
  returns: v.array(v.object({
    _id: v.id('songs'),
    _creationTime: v.number(),
    userId: v.string(),
    title: v.string(),
    isLiked: v.boolean(),
    rank: v.number(),
  })),
  handler: async ctx => await songsOf(ctx),
})

/** Creates songs for a caller who has none. */
export const seed = mutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    const { subject } = await requireIdentity(ctx)
    if ((await songsOf(ctx)).length > 0)
      return null
    for (const [rank, title] of titles.entries())
      await ctx.db.insert('songs', { userId: subject, title, isLiked: false, rank })
    return null
  },
})

// #region snippet
/** The page shows the heart at once. This mutation decides whether the heart remains. */
export const like = mutation({
  args: {
    id: v.id('songs'),
    isLiked: v.boolean(),
  },
  returns: v.null(),
  handler: async (ctx, { id, isLiked }) => {
    const songs = await requireSongs(ctx, id)
    const others = songs.filter(song =>
      song.isLiked && song._id !== id)
    if (isLiked && others.length >= MAX_LIKED) {
      throw new ConvexError({
        code: 'TOO_MANY',
        message: `You can like ${MAX_LIKED} songs, not more.`,
      })
    }
    await ctx.db.patch(id, { isLiked })
    return null
  },
})
// #endregion

export const rename = mutation({
  args: {
    id: v.id('songs'),
    title: v.string(),
  },
  returns: v.null(),
  handler: async (ctx, args) => {
    const songs = await requireSongs(ctx, args.id)
    const title = requireText(args.title, 60)
    if (songs.some(song => song.title === title && song._id !== args.id))
      throw new ConvexError({ code: 'TAKEN', message: `There is another "${title}" on the list.` })
    await ctx.db.patch(args.id, { title })
    return null
  },
})

/**
 * Moves a song up or down by one place. The first song cannot move up, and the last song cannot
 * move down.
 */
export const move = mutation({
  args: {
    id: v.id('songs'),
    by: v.union(v.literal(-1), v.literal(1)),
  },
  returns: v.null(),
  handler: async (ctx, { id, by }) => {
    const songs = await requireSongs(ctx, id)
    const index = songs.findIndex(song => song._id === id)
    const [song, neighbour] = [songs[index]!, songs[index + by]]
    if (neighbour) {
      await ctx.db.patch(song._id, { rank: neighbour.rank })
      await ctx.db.patch(neighbour._id, { rank: song.rank })
    }
    return null
  },
})

async function songsOf(ctx: QueryCtx): Promise<Doc<'songs'>[]> {
  const { subject } = await requireIdentity(ctx)
  return await ctx.db.query('songs').withIndex('by_user_and_rank', q => q.eq('userId', subject)).collect()
}

/** All songs of the caller. Throws unless the song with this id is one of them. */
async function requireSongs(ctx: MutationCtx, id: Id<'songs'>): Promise<Doc<'songs'>[]> {
  const songs = await songsOf(ctx)
  if (!songs.some(song => song._id === id))
    throw new ConvexError({ code: 'NOT_FOUND', message: 'This song is gone.' })
  return songs
}
