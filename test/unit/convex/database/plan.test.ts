import type { Condition, SortBy } from '../../../../src/convex/database/statement.ts'
import { defineSchema, defineTable } from 'convex/server'
import { v } from 'convex/values'
import { describe, expect, it } from 'vitest'
import { planRead } from '../../../../src/convex/database/plan.ts'
import { readTables } from '../../../../src/convex/database/tables.ts'

const findTable = readTables(defineSchema({
  member: defineTable({ org: v.string(), user: v.string(), role: v.string(), joined: v.number() })
    .index('by_org', ['org'])
    .index('by_org_and_user', ['org', 'user'])
    .index('by_user_and_joined', ['user', 'joined'])
    .index('by_joined', ['joined']),
}))

type Short = [field: string, operator: Condition['operator'], value: Condition['value'], connector?: 'OR', mode?: 'insensitive']

/** Describes a plan in one line for each source. */
function plan(conditions: Short[], sortBy: SortBy | null = null) {
  const where = conditions.map(([field, operator, value, connector, mode]): Condition =>
    ({ field, operator, value, connector: connector ?? 'AND', isInsensitive: mode === 'insensitive' }))
  const { sources, isOrdered, missingIndexes } = planRead(findTable('member'), where, sortBy)
  const reads = sources.map(({ read }) => {
    if (read.type === 'ids')
      return `ids ${read.ids.join()}`
    const { field, lower, upper } = read.bounds ?? { field: '', lower: null, upper: null }
    const from = lower ? [lower.isInclusive ? '>=' : '>', lower.value] : []
    const to = upper ? [upper.isInclusive ? '<=' : '<', upper.value] : []
    const equals = read.equals.map(([name, value]) => `${name}=${value}`).join()
    return [read.index ?? 'all', equals, field, ...from, ...to].map(String).filter(part => part !== '').join(' ')
  })
  return { reads, isOrdered, missingIndexes }
}

const asc = (field: string): SortBy => ({ field, direction: 'asc' })

describe('planRead', () => {
  it.each<[title: string, conditions: Short[], reads: string[]]>([
    ['an id', [['id', 'eq', 'a'], ['role', 'eq', 'b']], ['ids a']],
    ['several ids, each once', [['id', 'in', ['a', 'b', 'a']]], ['ids a,b']],
    ['the index with the most fields', [['user', 'eq', 'a'], ['org', 'eq', 'b']], ['by_org_and_user org=b,user=a']],
    ['an index whose first field is given', [['org', 'eq', 'b'], ['role', 'eq', 'c']], ['by_org org=b']],
    ['a range after a field with one value', [['user', 'eq', 'a'], ['joined', 'gt', 5]], ['by_user_and_joined user=a joined > 5']],
    ['a range without `null`', [['joined', 'lte', 5]], ['by_joined joined > null <= 5']],
    ['both ends of a range', [['joined', 'lt', 9], ['joined', 'gte', 5]], ['by_joined joined >= 5 < 9']],
    ['one range for each value of a list', [['org', 'in', ['a', 'b']]], ['by_org org=a', 'by_org org=b']],
    ['missing values and `null`', [['org', 'eq', null]], ['by_org org=undefined', 'by_org org=null']],
    ['only one list of an index', [['org', 'in', ['a', 'b']], ['user', 'in', ['c', 'd']]], ['by_org org=a', 'by_org org=b']],
    ['one range for each alternative', [['org', 'eq', 'a', 'OR'], ['joined', 'lt', 5, 'OR']], ['by_org org=a', 'by_joined joined > null < 5']],
    ['the required conditions before the alternatives', [['org', 'eq', 'a'], ['role', 'eq', 'b', 'OR'], ['role', 'eq', 'c', 'OR']], ['by_org org=a']],
    ['all rows, if no index can help', [['role', 'contains', 'a']], ['all']],
    ['all rows, if the case of an id does not matter', [['id', 'eq', 'A', undefined, 'insensitive']], ['all']],
    ['all rows, if the case does not matter', [['org', 'eq', 'a', undefined, 'insensitive']], ['all']],
  ])('reads %s', (_, conditions, reads) => {
    expect(plan(conditions)).toMatchObject({ reads, missingIndexes: [] })
  })

  it('reads many ids in groups of at most five', () => {
    const ids = Array.from({ length: 12 }, (_, number) => String(number))
    const { reads } = plan([['id', 'in', ids]])
    expect(reads.map(read => read.split(',').length)).toEqual([5, 5, 2])
    expect(reads.flatMap(read => read.replace('ids ', '').split(','))).toEqual(ids)
  })

  it('reads a range of an index for `starts_with`', () => {
    expect(plan([['org', 'starts_with', 'ab']]).reads).toEqual(['by_org org >= ab < ab\u{10FFFF}'])
  })

  it.each<[conditions: Short[], indexes: string[][]]>([
    [[['role', 'eq', 'a']], [['role']]],
    [[['joined', 'gt', 5], ['joined', 'lt', 9], ['role', 'eq', 'a']], []],
    [[['role', 'gt', 'a'], ['name', 'eq', 'b']], [['name', 'role']]],
    [[['role', 'eq', 'a', 'OR'], ['org', 'eq', 'b', 'OR']], [['role']]],
    [[['role', 'eq', 'a', 'OR'], ['org', 'contains', 'b', 'OR']], []],
    [[['role', 'ne', 'a']], []],
    [[], []],
  ])('names the indexes that %j needs', (conditions, indexes) => {
    expect(plan(conditions).missingIndexes).toEqual(indexes)
  })

  it.each<[title: string, conditions: Short[], sortBy: string, isOrdered: boolean]>([
    ['the next field of the range', [['user', 'eq', 'a']], 'joined', true],
    ['the field of the range itself', [['joined', 'gt', 5]], 'joined', true],
    ['the first field of an index', [], 'org', true],
    ['the only row', [['id', 'eq', 'a']], 'role', true],
    ['another field', [['org', 'eq', 'a']], 'joined', false],
    ['a field without an index', [], 'role', false],
    ['several ranges', [['org', 'in', ['a', 'b']]], 'user', false],
  ])('sorts by %s', (_, conditions, sortBy, isOrdered) => {
    expect(plan(conditions, asc(sortBy)).isOrdered).toBe(isOrdered)
  })

  it('prefers the index that also sorts', () => {
    expect(plan([['org', 'eq', 'a']], asc('user')).reads).toEqual(['by_org_and_user org=a'])
  })
})
