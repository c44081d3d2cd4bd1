import { defineEnt, defineEntSchema, getEntDefinitions } from 'convex-ents'
import { v } from 'convex/values'

const DAY = 24 * 60 * 60 * 1000

const schema = defineEntSchema({
  users: defineEnt({ name: v.string() })
    .field('email', v.string(), { unique: true })
    .edge('profile', { ref: true })
    .edges('tasks', { ref: true })
    .edges('friends', { to: 'users' }),

  profiles: defineEnt({ bio: v.string() })
    .edge('user')
    .edge('picture', { to: '_storage', field: 'pictureId', optional: true, deletion: 'hard' }),

  tasks: defineEnt({ text: v.string() })
    .field('priority', v.number(), { default: 3 })
    .edge('user')
    .edges('tags'),

  tags: defineEnt({}).field('name', v.string(), { unique: true }).edges('tasks'),

  teams: defineEnt({ name: v.string() }).deletion('scheduled', { delayMs: 7 * DAY }).edges('members', { ref: true }),

  members: defineEnt({ name: v.string() }).edge('team'),
})

export default schema

export const entDefinitions = getEntDefinitions(schema)
