import { ConvexError, v } from 'convex/values'
import { api } from './_generated/api'
import { action, mutation, query } from './_generated/server'

export const generateUploadUrl = mutation({ args: {}, handler: async ctx => await ctx.storage.generateUploadUrl() })

export const save = mutation({
  args: { name: v.string(), storageId: v.id('_storage') },
  handler: async (ctx, args) => await ctx.db.insert('files', args),
})

/** All files, each with its URL and its metadata. */
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

/**
 * Returns an upload URL for a signed-in user. Throws a `ConvexError` if the caller is anonymous.
 */
export const generateOwnUploadUrl = mutation({
  args: {},
  handler: async (ctx) => {
    if (!await ctx.auth.getUserIdentity())
      throw new ConvexError({ code: 'UNAUTHENTICATED' })
    return await ctx.storage.generateUploadUrl()
  },
})

/** Like `save`, but stores the caller as the owner of the file. */
export const saveOwn = mutation({
  args: { name: v.string(), storageId: v.id('_storage') },
  handler: async (ctx, args) => await ctx.db.insert('files', { ...args, owner: (await ctx.auth.getUserIdentity())!.subject }),
})

/** The URL of a file if the caller is its owner, or else `null`. */
export const getOwnUrl = query({
  args: { storageId: v.id('_storage') },
  handler: async (ctx, { storageId }) => {
    const identity = await ctx.auth.getUserIdentity()
    const file = await ctx.db.query('files').withIndex('by_storage_id', q => q.eq('storageId', storageId)).unique()
    return file?.owner && file.owner === identity?.subject ? await ctx.storage.getUrl(storageId) : null
  },
})

/** The metadata of a file in the storage. */
export const metadata = query({ args: { storageId: v.id('_storage') }, handler: async (ctx, { storageId }) => await ctx.db.system.get(storageId) })
