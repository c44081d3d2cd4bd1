import type { StreamId } from '@convex-dev/persistent-text-streaming'
import { PersistentTextStreaming, StreamIdValidator } from '@convex-dev/persistent-text-streaming'
import { v } from 'convex/values'
import { components, internal } from './_generated/api'
import { httpAction, internalQuery, mutation, query } from './_generated/server'

const streaming = new PersistentTextStreaming(components.persistentTextStreaming)

export const create = mutation({
  args: { prompt: v.string() },
  handler: async (ctx, { prompt }) => {
    const streamId = await streaming.createStream(ctx)
    await ctx.db.insert('chats', { prompt, streamId })
    return streamId
  },
})

export const body = query({
  args: { streamId: StreamIdValidator },
  handler: async (ctx, { streamId }) => await streaming.getStreamBody(ctx, streamId as StreamId),
})

export const prompt = internalQuery({
  args: { streamId: StreamIdValidator },
  handler: async (ctx, { streamId }): Promise<string> =>
    (await ctx.db.query('chats').withIndex('by_stream', q => q.eq('streamId', streamId)).unique())!.prompt,
})

export const remove = mutation({
  args: { streamId: StreamIdValidator },
  handler: async (ctx, { streamId }) => await streaming.deleteStream(ctx, streamId as StreamId),
})

/** Answers a prompt word by word. */
export const answer = httpAction(async (ctx, request) => {
  const { streamId } = await request.json() as { streamId: StreamId }
  const response = await streaming.stream(ctx, request, streamId, async (ctx, _request, streamId, append) => {
    const prompt: string = await ctx.runQuery(internal.chats.prompt, { streamId })
    for (const word of ['You', ' asked', ': ', prompt, '? ']) {
      await new Promise(resolve => setTimeout(resolve, 1000))
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
