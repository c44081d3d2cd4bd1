import type { Id } from './_generated/dataModel'
import type { QueryCtx } from './_generated/server'
import { ConvexError, v } from 'convex/values'
import { mutation, query } from './_generated/server'
import { requireIdentity } from './identity'
import { requireText } from './text'

const MAX_PICTURES = 24

// #region snippet
export const generateUploadUrl = mutation({
  args: {},
  returns: v.string(),
  handler: async (ctx) => {
    const { subject } = await requireIdentity(ctx)
    const pictures = await ctx.db
      .query('pictures')
      .withIndex('by_user', q => q.eq('userId', subject))
      .take(MAX_PICTURES)
    if (pictures.length === MAX_PICTURES) {
      throw new ConvexError({
        code: 'FULL',
        message: `${MAX_PICTURES} pictures are the limit.`,
      })
    }
    return await ctx.storage.generateUploadUrl()
  },
})

/** Makes the caller the owner of a stored file that has no owner yet. */
export const save = mutation({
  args: {
    storageId: v.id('_storage'),
    name: v.string(),
  },
  returns: v.id('pictures'),
  handler: async (ctx, { storageId, name }) => {
    const { subject } = await requireIdentity(ctx)
    if (await findPicture(ctx, storageId))
      throw new ConvexError({ code: 'TAKEN', message: 'This picture is already stored.' })
    // The page has checked the type, but a client can bypass the page.
    const file = await ctx.db.system.get(storageId)
    if (!file?.contentType?.startsWith('image/'))
      throw new ConvexError({ code: 'NO_PICTURE', message: 'The file is not a picture.' })
    if (file.size === 0)
      throw new ConvexError({ code: 'EMPTY', message: 'The file is empty.' })
    return await ctx.db.insert('pictures', {
      userId: subject,
      storageId,
      name: requireText(name, 200),
    })
  },
})

/** The URL of a picture; `null` unless the caller is its owner. */
export const getUrl = query({
  args: {
    storageId: v.id('_storage'),
  },
  returns: v.union(v.string(), v.null()),
  handler: async (ctx, { storageId }) => {
    const { subject } = await requireIdentity(ctx)
    const picture = await findPicture(ctx, storageId)
    return picture?.userId === subject
      ? await ctx.storage.getUrl(storageId)
      : null
  },
})
// #endregion

export const list = query({
  args: {},
  returns: v.array(v.object({
    _id: v.id('pictures'),
    storageId: v.id('_storage'),
    name: v.string(),
  })),
  handler: async (ctx) => {
    const { subject } = await requireIdentity(ctx)
    const pictures = await ctx.db.query('pictures').withIndex('by_user', q => q.eq('userId', subject)).order('desc').take(MAX_PICTURES)
    return pictures.map(({ _id, storageId, name }) => ({ _id, storageId, name }))
  },
})

/** Removes a picture and its file. */
export const remove = mutation({
  args: {
    id: v.id('pictures'),
  },
  returns: v.null(),
  handler: async (ctx, { id }) => {
    const { subject } = await requireIdentity(ctx)
    const picture = await ctx.db.get(id)
    if (picture?.userId !== subject)
      throw new ConvexError({ code: 'NOT_FOUND', message: 'This picture is gone.' })
    await ctx.db.delete(id)
    await ctx.storage.delete(picture.storageId)
    return null
  },
})

async function findPicture(ctx: QueryCtx, storageId: Id<'_storage'>) {
  return await ctx.db.query('pictures').withIndex('by_storage_id', q => q.eq('storageId', storageId)).first()
}
