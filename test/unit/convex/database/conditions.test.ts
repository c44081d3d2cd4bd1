import { describe, expect, it } from 'vitest'
import { holds } from '../../../../src/convex/database/conditions.ts'

describe('holds', () => {
  it('treats a single value of `not_in` as a list of one value', () => {
    const condition = { field: 'role', operator: 'not_in', value: 'admin', connector: 'AND', isInsensitive: false } as const
    expect(holds({ role: 'member' }, condition)).toBe(true)
    expect(holds({ role: 'admin' }, condition)).toBe(false)
  })
})
