import type { DataModel } from './_generated/dataModel'
import { ProsemirrorSync } from '@convex-dev/prosemirror-sync'
import { Transform } from '@tiptap/pm/transform'
import { v } from 'convex/values'
import { components } from './_generated/api'
import { action, mutation, query } from './_generated/server'
import { textSchema } from './text'

const prosemirrorSync = new ProsemirrorSync(components.prosemirrorSync)

export const { getSnapshot, submitSnapshot, latestVersion, getSteps, submitSteps } = prosemirrorSync.syncApi<DataModel>({
  checkRead: (_ctx, id) => checkAccess(id),
  checkWrite: (_ctx, id) => checkAccess(id),
  onSnapshot: async (ctx, document, content, version) => {
    const title = await ctx.db.query('titles').withIndex('by_document', q => q.eq('document', document)).unique()
    if (title)
      return await ctx.db.patch(title._id, { content, version })
    await ctx.db.insert('titles', { document, content, version })
  },
})

function checkAccess(id: string): void {
  if (id.startsWith('secret'))
    throw new Error('This document is secret')
}

export const create = mutation({
  args: { id: v.string(), text: v.string() },
  handler: async (ctx, { id, text }) => {
    await prosemirrorSync.create(ctx, id, {
      type: 'doc',
      content: [{ type: 'paragraph', content: [{ type: 'text', text }] }],
    })
  },
})

/** Inserts text at the beginning of the document, as a writing assistant on the server would. */
export const prepend = mutation({
  args: { id: v.string(), text: v.string() },
  handler: async (ctx, { id, text }) => {
    const doc = await prosemirrorSync.transform(ctx, id, textSchema, doc => new Transform(doc).insert(1, textSchema.text(text)))
    return doc.textContent
  },
})

export const text = action({
  args: { id: v.string() },
  handler: async (ctx, { id }) => {
    const { doc, version } = await prosemirrorSync.getDoc(ctx, id, textSchema)
    return { text: doc.textContent, version }
  },
})

export const title = query({
  args: { id: v.string() },
  handler: async (ctx, { id }) => await ctx.db.query('titles').withIndex('by_document', q => q.eq('document', id)).unique(),
})
