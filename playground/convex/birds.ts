import { v } from 'convex/values'
import { query } from './_generated/server'
import { birds } from './guide'

const bird = v.object({
  name: v.string(),
  family: v.string(),
  /** In centimetres. */
  length: v.number(),
})

/** The birds whose name contains `text`, of one family or of all families. */
export const search = query({
  args: {
    text: v.string(),
    family: v.optional(v.string()),
  },
  returns: v.array(bird),
  handler: async (_ctx, { text, family }) =>
    birds.filter(bird => bird.name.toLowerCase().includes(text.toLowerCase()) && (!family || bird.family === family)),
})

/** One bird; `null` if the guide has no bird with this name. */
export const get = query({
  args: {
    name: v.string(),
  },
  returns: v.union(bird, v.null()),
  handler: async (_ctx, { name }) => birds.find(bird => bird.name === name) ?? null,
})

export const families = query({
  args: {},
  returns: v.array(v.string()),
  handler: async () => [...new Set(birds.map(({ family }) => family))].sort(),
})
