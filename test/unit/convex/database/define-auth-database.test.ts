import { betterAuth } from 'better-auth'
import { defineSchema, defineTable, internalMutationGeneric, mutationGeneric } from 'convex/server'
import { v } from 'convex/values'
import { describe, expect, it } from 'vitest'
import { defineAuthDatabase } from '../../../../src/convex/database/define-auth-database.ts'

const schema = defineSchema({ user: defineTable({ name: v.string() }).index('by_name', ['name']) })

/** The adapter of an instance of Better Auth in this context. */
async function createAdapter(ctx: object) {
  const { adapter } = await betterAuth({
    baseURL: 'http://localhost:5173',
    secret: 'a secret of this test only',
    database: defineAuthDatabase({ schema }).adapter(ctx as never),
  }).$context
  return adapter
}

describe('defineAuthDatabase', () => {
  it('refuses an option `mutation` that makes public mutations', () => {
    expect(() => defineAuthDatabase({ schema, mutation: mutationGeneric })).toThrow('[AUTH_MUTATION_PUBLIC]')
    expect(() => defineAuthDatabase({ schema, mutation: internalMutationGeneric })).not.toThrow()
  })

  it('registers only internal functions', () => {
    const functions = Object.values(defineAuthDatabase({ schema }).functions)
    expect(functions.map(registered => 'isInternal' in registered && !('isPublic' in registered))).toEqual([true, true, true])
  })

  it('needs the internal functions in an action', async () => {
    const adapter = await createAdapter({})
    await expect(adapter.findOne({ model: 'user', where: [{ field: 'id', value: 'a' }] })).rejects.toMatchObject({ code: 'AUTH_FUNCTIONS_MISSING' })
  })

  it('names a table or a field that the schema does not have', async () => {
    const adapter = await createAdapter({ db: {} })
    await expect(adapter.findOne({ model: 'session', where: [{ field: 'token', value: 'a' }] })).rejects.toMatchObject({ code: 'AUTH_TABLE_MISSING' })
    await expect(adapter.findOne({ model: 'user', where: [{ field: 'email', value: 'a' }] })).rejects.toMatchObject({
      code: 'AUTH_FIELD_MISSING',
      why: expect.stringContaining('the field `email` of the table `user`'),
    })
  })
})
