import { v } from 'convex/values'
import { action, mutation, query } from './_generated/server'

const everyType = {
  null: v.null(),
  int64: v.int64(),
  float64: v.number(),
  boolean: v.boolean(),
  string: v.string(),
  bytes: v.bytes(),
  array: v.array(v.number()),
  object: v.object({ nested: v.optional(v.string()) }),
  record: v.record(v.string(), v.int64()),
  union: v.union(v.literal('a'), v.literal(2n)),
}

/** Returns its arguments, which contain a value of every type that a validator can describe. */
export const echo = query({ args: everyType, returns: v.object(everyType), handler: async (_ctx, args) => args })
export const echoMutation = mutation({
  args: everyType,
  returns: v.object(everyType),
  handler: async (_ctx, args) => args,
})
export const echoAction = action({ args: everyType, returns: v.object(everyType), handler: async (_ctx, args) => args })

/** Returns an argument of any type. */
export const echoAny = query({ args: { value: v.any() }, handler: async (_ctx, { value }) => value })

/** Returns a number, although its validator requires a string. */
export const brokenPromise = query({ args: {}, returns: v.string(), handler: async () => 42 as unknown as string })

/**
 * Writes, and then returns a value that its return validator rejects. The write must have no
 * effect.
 */
export const brokenMutation = mutation({
  args: { name: v.string() },
  returns: v.string(),
  handler: async (ctx, { name }) => {
    await ctx.db.insert('counters', { name, value: 1 })
    return 42 as unknown as string
  },
})
