import { DAY, HOUR, MINUTE, RateLimiter } from '@convex-dev/rate-limiter'
import { v } from 'convex/values'
import { components } from './_generated/api'
import { mutation, query } from './_generated/server'

const rateLimiter = new RateLimiter(components.rateLimiter, {
  sendMessage: { kind: 'token bucket', rate: 10, period: HOUR, capacity: 3 },
  signUp: { kind: 'fixed window', rate: 2, period: DAY },
  upload: { kind: 'token bucket', rate: 100, period: MINUTE, shards: 4 },
  words: { kind: 'token bucket', rate: 10, period: DAY, applyUpdates: 'asynchronously' },
})

export const sendMessage = mutation({
  args: { user: v.string() },
  handler: async (ctx, { user }) => await rateLimiter.limit(ctx, 'sendMessage', { key: user }),
})

/** Consumes a token of the limit, and then fails. */
export const sendBrokenMessage = mutation({
  args: { user: v.string() },
  handler: async (ctx, { user }) => {
    await rateLimiter.limit(ctx, 'sendMessage', { key: user })
    throw new Error('The message is empty')
  },
})

export const canSendMessage = query({
  args: { user: v.string() },
  handler: async (ctx, { user }) => await rateLimiter.check(ctx, 'sendMessage', { key: user }),
})

export const forgive = mutation({
  args: { user: v.string() },
  handler: async (ctx, { user }) => await rateLimiter.reset(ctx, 'sendMessage', { key: user }),
})

export const signUp = mutation({
  args: {},
  handler: async ctx => await rateLimiter.limit(ctx, 'signUp'),
})

export const signUpOrThrow = mutation({
  args: {},
  handler: async ctx => await rateLimiter.limit(ctx, 'signUp', { throws: true }),
})

/** Reserves capacity for a later upload: `retryAfter` is the time until the upload may start. */
export const reserveUpload = mutation({
  args: { count: v.number() },
  handler: async (ctx, { count }) => await rateLimiter.limit(ctx, 'upload', { count, reserve: true }),
})

export const write = mutation({
  args: { count: v.number() },
  handler: async (ctx, { count }) => await rateLimiter.limit(ctx, 'words', { count }),
})

export const wordsLeft = query({
  args: {},
  handler: async ctx => (await rateLimiter.getValue(ctx, 'words')).value,
})

export const { getRateLimit, getServerTime } = rateLimiter.hookAPI('sendMessage', {
  key: async (_ctx, keyOfClient) => keyOfClient ?? 'anonymous',
})
