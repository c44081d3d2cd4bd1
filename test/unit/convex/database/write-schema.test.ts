import { getAuthTables } from 'better-auth/db'
import { admin, organization } from 'better-auth/plugins'
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

  it('adds a field for ids to tables whose rows Better Auth creates with ids of its own', () => {
    const assertion = { modelName: 'oauthClientAssertion', fields: { expiresAt: { type: 'date' } } }
    const { code } = writeSchema({ tables: { oauthClientAssertion: assertion } as never, ownsIds: false })
    expect(code).toContain('id: v.optional(v.string())')
    expect(code).toContain('.index(\'by_id_field\', [\'id\'])')
  })

  it.each([
    ['user', ['createdAt'], ['name'], ['role'], ['banned']],
    ['account', ['accountId', 'providerId'], ['providerId']],
    ['verification', ['expiresAt'], ['identifier', 'createdAt']],
    ['rateLimit', ['key'], ['lastRequest']],
    ['invitation', ['organizationId', 'email'], ['email'], ['teamId']],
  ])('writes the indexes for the look-ups of Better Auth in the table %s', (model, ...indexes) => {
    const tables = getAuthTables({ plugins: [admin(), organization({ teams: { enabled: true } })], rateLimit: { storage: 'database' } })
    const { code } = writeSchema({ tables: { [model]: tables[model]! }, ownsIds: false })
    const written = [...code.matchAll(/\.index\('\w+', \[([^\]]+)\]/g)].map(([, fields]) => fields!.replaceAll('\'', '').split(', '))
    expect(written).toEqual(expect.arrayContaining(indexes))
  })

  it('writes names of indexes that Convex accepts, each once', () => {
    const long = 'a'.repeat(62)
    const fields = { [`${long}1`]: { type: 'string', index: true }, [`${long}2`]: { type: 'string', index: true }, creation_time: { type: 'date', index: true } }
    const { code } = writeSchema({ tables: { note: { modelName: 'note', fields } } as never, ownsIds: false })
    const names = [...code.matchAll(/\.index\('(\w+)'/g)].map(([, name]) => name)
    expect(names).toEqual([`by_${'a'.repeat(61)}`, `by_${'a'.repeat(59)}_1`, 'by_creation_time_field'])
  })
})
