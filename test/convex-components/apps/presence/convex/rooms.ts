import { Presence } from '@convex-dev/presence'
import { v } from 'convex/values'
import { components } from './_generated/api'
import { mutation, query } from './_generated/server'

const presence = new Presence(components.presence)

export const heartbeat = mutation({
  args: { roomId: v.string(), userId: v.string(), sessionId: v.string(), interval: v.number() },
  handler: async (ctx, { roomId, userId, sessionId, interval }) => await presence.heartbeat(ctx, roomId, userId, sessionId, interval),
})

export const list = query({
  args: { roomToken: v.string() },
  handler: async (ctx, { roomToken }) => await presence.list(ctx, roomToken),
})

export const setData = mutation({
  args: { roomId: v.string(), userId: v.string(), data: v.any() },
  handler: async (ctx, { roomId, userId, data }) => await presence.updateRoomUser(ctx, roomId, userId, data),
})

export const disconnect = mutation({
  args: { sessionToken: v.string() },
  handler: async (ctx, { sessionToken }) => await presence.disconnect(ctx, sessionToken),
})

export const roomsOf = query({
  args: { userId: v.string() },
  handler: async (ctx, { userId }) => (await presence.listUser(ctx, userId, true)).map(({ roomId }) => roomId),
})

export const remove = mutation({
  args: { roomId: v.string() },
  handler: async (ctx, { roomId }) => await presence.removeRoom(ctx, roomId),
})
