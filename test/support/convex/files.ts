import { ConvexError, v } from 'convex/values'
import { api } from './_generated/api'
import { action, mutation, query } from './_generated/server'

export const generateUploadUrl = mutation({ args: {}, handler: async ctx => await ctx.storage.generateUploadUrl() })

export const save = mutation({
  args: { name: v.string(), storageId: v.id('_storage') },
  handler: async (ctx, args) => await ctx.db.insert('files', args),
})

/** The files with the URL and the metadata of each. */
export const list = query({
  args: {},
  handler: async (ctx) => {
    const files = await ctx.db.query('files').collect()
    return await Promise.all(files.map(async ({ name, storageId }) => ({
      name,
      storageId,
      url: await ctx.storage.getUrl(storageId),
      metadata: await ctx.db.system.get(storageId),
    })))
  },
})

export const remove = mutation({
  args: { storageId: v.id('_storage') },
  handler: async (ctx, { storageId }) => {
    await ctx.storage.delete(storageId)
  },
})

/** Stores a text from an action and reads it back. */
export const storeText = action({
  args: { name: v.string(), text: v.string() },
  handler: async (ctx, { name, text }): Promise<string> => {
    const storageId = await ctx.storage.store(new Blob([text], { type: 'text/plain' }))
    await ctx.runMutation(api.files.save, { name, storageId })
    const stored = await ctx.storage.get(storageId)
    return await stored!.text()
  },
})

/** An upload URL for a signed-in user; a `ConvexError` if the caller is anonymous. */
export const generateOwnUploadUrl = mutation({
  args: {},
  handler: async (ctx) => {
    if (!await ctx.auth.getUserIdentity())
      throw new ConvexError({ code: 'UNAUTHENTICATED' })
    return await ctx.storage.generateUploadUrl()
  },
})

/** The same as `save`, for the caller alone. */
export const saveOwn = mutation({
  args: { name: v.string(), storageId: v.id('_storage') },
  handler: async (ctx, args) => await ctx.db.insert('files', { ...args, owner: (await ctx.auth.getUserIdentity())!.subject }),
})

/** The URL of a file that the caller owns; `null` for everybody else. */
export const getOwnUrl = query({
  args: { storageId: v.id('_storage') },
  handler: async (ctx, { storageId }) => {
    const identity = await ctx.auth.getUserIdentity()
    const file = await ctx.db.query('files').withIndex('by_storage_id', q => q.eq('storageId', storageId)).unique()
    return file?.owner && file.owner === identity?.subject ? await ctx.storage.getUrl(storageId) : null
  },
})

/** What the storage knows of a file. */
export const metadata = query({ args: { storageId: v.id('_storage') }, handler: async (ctx, { storageId }) => await ctx.db.system.get(storageId) })
