import type { AnyCtx } from '../../../../src/convex/database/runner.ts'
import { betterAuth } from 'better-auth'
import { defineSchema, defineTable } from 'convex/server'
import { v } from 'convex/values'
import { describe, expect, it } from 'vitest'
import { defineAuthDatabase } from '../../../../src/convex/database/define-auth-database.ts'

const schema = defineSchema({ user: defineTable({ name: v.string() }).index('by_name', ['name']) })

/** The adapter in an action whose query returns these parts one after another. */
async function createAdapter(parts: string[][]) {
  const left = [...parts]
  const runQuery = async () => {
    const rows = left.shift()!.map(id => ({ id, name: id }))
    return { rows, next: left.length > 0 ? { source: 0, cursor: 'next', found: rows.length } : null }
  }
  const functions = { readAuthTables: 'read', writeAuthTables: 'write' } as never
  const { adapter } = await betterAuth({
    baseURL: 'http://localhost:5173',
    secret: 'a secret of this test only',
    database: defineAuthDatabase({ schema, functions }).adapter({ runQuery } as unknown as AnyCtx),
  }).$context
  return adapter
}

describe('defineAuthDatabase in an action', () => {
  it('returns and counts a row once, even if it moves to a later part during the read', async () => {
    const parts = [['a', 'b'], ['c', 'a']]
    const rows = await (await createAdapter(parts)).findMany<{ id: string }>({ model: 'user' })
    expect(rows.map(({ id }) => id)).toEqual(['a', 'b', 'c'])
    expect(await (await createAdapter(parts)).count({ model: 'user' })).toBe(3)
  })
})
