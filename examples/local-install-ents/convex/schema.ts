import { defineEnt, defineEntSchema, defineEntsFromTables, getEntDefinitions } from 'convex-ents'
import { v } from 'convex/values'
import { authTables } from './authTables'

const { user, organization, ...others } = defineEntsFromTables(authTables)

const schema = defineEntSchema({
  ...others,
  user: user
    .edge('profile', { to: 'profiles', ref: true })
    .edges('memberships', { to: 'member', ref: true }),
  organization: organization
    .edges('memberships', { to: 'member', ref: true })
    .edges('notes', { ref: true }),
  // Edges add their own indexes, so this table has only the fields of the generated table.
  member: defineEnt(authTables.member.validator.fields)
    .edge('user', { to: 'user' })
    .edge('organization', { to: 'organization' })
    .index('by_organizationId_and_userId', ['organizationId', 'userId']),
  profiles: defineEnt({ nickname: v.string() }).edge('user', { to: 'user' }),
  notes: defineEnt({ author: v.string(), text: v.string() }).edge('organization', { to: 'organization' }),
})

export default schema
export const entDefinitions = getEntDefinitions(schema)
