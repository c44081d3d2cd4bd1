import { v } from 'convex/values'
import { mutation, query } from './functions'

export const add = mutation({
  args: { name: v.string(), bio: v.string(), friends: v.optional(v.array(v.id('users'))) },
  handler: async (ctx, { name, bio, friends = [] }) => {
    const user = await ctx.table('users').insert({ name, email: `${name}@example.com`, friends })
    await ctx.table('profiles').insert({ bio, userId: user })
    return user
  },
})

export const addTask = mutation({
  args: { user: v.id('users'), text: v.string(), tags: v.array(v.string()) },
  handler: async (ctx, { user, text, tags }) => {
    const ids = await Promise.all(tags.map(async name =>
      (await ctx.table('tags').get('name', name))?._id ?? await ctx.table('tags').insert({ name })))
    // The types of the package require the field, although the field has a default.
    const priority = undefined as unknown as number
    return await ctx.table('tasks').insert({ userId: user, text, priority, tags: ids })
  },
})

export const setTags = mutation({
  args: { task: v.id('tasks'), add: v.optional(v.array(v.id('tags'))), remove: v.optional(v.array(v.id('tags'))) },
  handler: async (ctx, { task, ...tags }) => {
    await ctx.table('tasks').getX(task).patch({ tags })
  },
})

export const createUploadUrl = mutation({ args: {}, handler: async ctx => await ctx.storage.generateUploadUrl() })

export const setPicture = mutation({
  args: { user: v.id('users'), picture: v.id('_storage') },
  handler: async (ctx, { user, picture }) => {
    await ctx.table('users').getX(user).edgeX('profile').patch({ pictureId: picture })
  },
})

export const hasPicture = query({
  args: { picture: v.id('_storage') },
  handler: async (ctx, { picture }) => await ctx.storage.getUrl(picture) !== null,
})

export const remove = mutation({
  args: { user: v.id('users') },
  handler: async (ctx, { user }) => {
    await ctx.table('users').getX(user).delete()
  },
})

/** A user with all ents that are connected to the user. */
export const get = query({
  args: { email: v.string() },
  handler: async (ctx, { email }) => {
    const user = await ctx.table('users').getX('email', email)
    return {
      id: user._id,
      bio: (await user.edgeX('profile')).bio,
      friends: (await user.edge('friends')).map(({ name }) => name),
      tasks: await user.edge('tasks').order('desc').map(async task => ({
        id: task._id,
        text: task.text,
        priority: task.priority,
        tags: (await task.edge('tags')).map(({ name }) => name),
      })),
    }
  },
})

export const taggedWith = query({
  args: { name: v.string() },
  handler: async (ctx, { name }) => {
    const tag = await ctx.table('tags').getX('name', name)
    return { id: tag._id, tasks: (await tag.edge('tasks')).map(({ text }) => text) }
  },
})

export const counts = query({
  args: {},
  handler: async ctx => ({
    users: (await ctx.table('users')).length,
    profiles: (await ctx.table('profiles')).length,
    tasks: (await ctx.table('tasks')).length,
    tags: (await ctx.table('tags')).length,
  }),
})
