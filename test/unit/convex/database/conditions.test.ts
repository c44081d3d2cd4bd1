import { describe, expect, it } from 'vitest'
import { holds } from '../../../../src/convex/database/conditions.ts'

describe('holds', () => {
  it('compares with one value as with a list of it for `not_in`', () => {
    const condition = { field: 'role', operator: 'not_in', value: 'admin', connector: 'AND', isInsensitive: false } as const
    expect(holds({ role: 'member' }, condition)).toBe(true)
    expect(holds({ role: 'admin' }, condition)).toBe(false)
  })
})
