import { describe, expect, it } from 'vitest'
import { writeSchema } from '../../../../src/convex/database/write-schema.ts'

const tables = {
  user: { modelName: 'people', fields: { email: { type: 'string', unique: true, fieldName: 'mail' }, born: { type: 'date', required: false } } },
  member: {
    modelName: 'member',
    fields: {
      organizationId: { type: 'string', references: { model: 'organization', field: 'id' } },
      userId: { type: 'string', references: { model: 'user', field: 'id' } },
      role: { type: ['admin', 'member'] },
      tags: { type: 'string[]' },
      data: { type: 'json', required: false },
    },
  },
  verification: { modelName: 'verification', fields: { identifier: { type: 'string', index: true } } },
} as const

describe('writeSchema', () => {
  it('writes the types of the fields, references, and an index for each look-up', () => {
    const { code, path } = writeSchema({ tables: tables as never, ownsIds: false })
    expect(path).toBe('./convex/authTables.ts')
    expect(code).toBe(`// The tables of Better Auth. Run \`npx auth generate\` again after a change of its options.
import { defineTable } from 'convex/server'
import { v } from 'convex/values'

export const authTables = {
  people: defineTable({
    mail: v.string(),
    born: v.optional(v.union(v.null(), v.number())),
  })
    .index('by_mail', ['mail']),
  member: defineTable({
    organizationId: v.string(),
    userId: v.id('people'),
    role: v.union(v.literal("admin"), v.literal("member")),
    tags: v.array(v.string()),
    data: v.optional(v.union(v.null(), v.string())),
  })
    .index('by_userId', ['userId'])
    .index('by_organizationId_and_userId', ['organizationId', 'userId']),
  verification: defineTable({
    identifier: v.string(),
    id: v.optional(v.string()),
  })
    .index('by_identifier', ['identifier'])
    .index('by_id_field', ['id']),
}
`)
  })

  it('adds a field for ids to all tables if the app chooses ids', () => {
    const { code } = writeSchema({ tables: tables as never, file: 'tables.ts', ownsIds: true })
    expect(code.match(/id: v\.optional\(v\.string\(\)\)/g)).toHaveLength(3)
    expect(code).toContain('userId: v.string(),')
  })
})
