import { Presence } from '@convex-dev/presence'
import { v } from 'convex/values'
import { components } from './_generated/api'
import { mutation, query } from './_generated/server'
import { authComponent } from './auth'
import { requireIdentity } from './identity'
import { place } from './places'

const presence = new Presence(components.presence)

// #region snippet
export const heartbeat = mutation({
  args: {
    roomId: place,
    userId: v.string(),
    sessionId: v.string(),
    interval: v.number(),
  },
  returns: v.object({
    roomToken: v.string(),
    sessionToken: v.string(),
  }),
  handler: async (ctx, { roomId, sessionId, interval }) => {
    // The user of the token, and not the one whom the page names.
    const { subject } = await requireIdentity(ctx)
    return await presence.heartbeat(ctx, roomId, subject, sessionId, interval)
  },
})

export const list = query({
  args: {
    roomToken: v.string(),
  },
  returns: v.array(v.object({
    userId: v.string(),
    name: v.string(),
    online: v.boolean(),
    lastDisconnected: v.number(),
  })),
  handler: async (ctx, { roomToken }) => {
    await requireIdentity(ctx)
    const users = await presence.list(ctx, roomToken)
    return await Promise.all(users.map(async ({ userId, online, lastDisconnected }) => {
      const user = await authComponent.getAnyUserById(ctx, userId)
      return { userId, name: user?.name ?? 'A deleted user', online, lastDisconnected }
    }))
  },
})

// Without a check of the user: a page that is being closed sends no token.
export const disconnect = mutation({
  args: {
    sessionToken: v.string(),
  },
  returns: v.null(),
  handler: async (ctx, { sessionToken }) => await presence.disconnect(ctx, sessionToken),
})
// #endregion
