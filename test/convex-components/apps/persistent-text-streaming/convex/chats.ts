import type { StreamId } from '@convex-dev/persistent-text-streaming'
import type { Doc } from './_generated/dataModel'
import type { ActionCtx } from './_generated/server'
import { PersistentTextStreaming, StreamIdValidator } from '@convex-dev/persistent-text-streaming'
import { v } from 'convex/values'
import { components, internal } from './_generated/api'
import { httpAction, internalMutation, internalQuery, mutation, query } from './_generated/server'

const streaming = new PersistentTextStreaming(components.persistentTextStreaming)

export const create = mutation({
  args: { prompt: v.string() },
  handler: async (ctx, { prompt }) => {
    const streamId = await streaming.createStream(ctx)
    await ctx.db.insert('chats', { prompt, streamId, words: 0 })
    return streamId
  },
})

export const body = query({
  args: { streamId: StreamIdValidator },
  handler: async (ctx, { streamId }) => await streaming.getStreamBody(ctx, streamId as StreamId),
})

export const chat = internalQuery({
  args: { streamId: StreamIdValidator },
  handler: async (ctx, { streamId }): Promise<Doc<'chats'>> =>
    (await ctx.db.query('chats').withIndex('by_stream', q => q.eq('streamId', streamId)).unique())!,
})

export const allow = internalMutation({
  args: { streamId: StreamIdValidator, words: v.number() },
  handler: async (ctx, { streamId, words }) => {
    const chat = await ctx.db.query('chats').withIndex('by_stream', q => q.eq('streamId', streamId)).unique()
    await ctx.db.patch(chat!._id, { words })
  },
})

export const remove = mutation({
  args: { streamId: StreamIdValidator },
  handler: async (ctx, { streamId }) => await streaming.deleteStream(ctx, streamId as StreamId),
})

/** Waits until the test allows the model to produce its next word. */
async function wordIsReady(ctx: ActionCtx, streamId: StreamId, number: number): Promise<void> {
  while ((await ctx.runQuery(internal.chats.chat, { streamId })).words < number)
    await new Promise(resolve => setTimeout(resolve, 10))
}

/** Streams the answer to a prompt word by word. */
export const answer = httpAction(async (ctx, request) => {
  const { streamId } = await request.json() as { streamId: StreamId }
  const response = await streaming.stream(ctx, request, streamId, async (ctx, _request, streamId, append) => {
    const { prompt }: Doc<'chats'> = await ctx.runQuery(internal.chats.chat, { streamId })
    for (const [index, word] of ['You', ' asked', ': ', prompt, '? '].entries()) {
      await wordIsReady(ctx, streamId, index + 1)
      await append(word)
    }
    if (prompt === 'fail')
      throw new Error('The model is overloaded')
    await append('The answer is 42')
  })
  response.headers.set('Access-Control-Allow-Origin', '*')
  response.headers.set('Vary', 'Origin')
  return response
})
