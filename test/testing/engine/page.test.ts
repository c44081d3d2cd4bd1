import type { Page, PageRequest, QueryJournal } from '../../../src/testing/engine/page.ts'
import type { QueryJSON } from '../../../src/testing/engine/query.ts'
import * as fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { readPage } from '../../../src/testing/engine/page.ts'
import { NaiveDatabase } from './naive-database.ts'
import { serializeQuery } from './serialize.ts'

let database: NaiveDatabase
beforeEach(() => {
  database = new NaiveDatabase({ items: { indexes: { by_rank: ['list', 'rank'] } } })
})

function insert(...ranks: number[]): void {
  for (const rank of ranks)
    database.insert('items', { list: 'a', rank, text: rank === 6 ? 'rare' : 'common' })
}

function remove(...ranks: number[]): void {
  for (const { _id, rank } of database.all('items')) {
    if (ranks.includes(rank as number))
      database.delete(_id as string)
  }
}

function listQuery(list = 'a', order: 'asc' | 'desc' = 'asc'): QueryJSON {
  return serializeQuery(db => db.query('items').withIndex('by_rank', (q: any) => q.eq('list', list)).order(order))
}

const rareQuery = serializeQuery<QueryJSON>(db => db.query('items')
  .withIndex('by_rank', (q: any) => q.eq('list', 'a'))
  .filter((q: any) => q.eq(q.field('text'), 'rare')))

type Options = Partial<PageRequest> & { journal?: QueryJournal }

function page(pageSize: number, cursor: string | null = null, { journal, ...options }: Options = {}): Page & { ranks: unknown[] } {
  const result = readPage({ query: listQuery(), pageSize, cursor, ...options }, database.context(), journal ?? { previous: null, next: null })
  return { ...result, ranks: result.page.map(({ value }) => value.rank) }
}

describe('paginate(): a page that is full', () => {
  it('is followed by an empty last page if no more rows exist', () => {
    insert(1, 2, 3)
    const first = page(3)
    expect(first).toMatchObject({ ranks: [1, 2, 3], isDone: false, pageStatus: null })
    expect(page(3, first.continueCursor)).toMatchObject({ ranks: [], isDone: true })
    expect(page(4)).toMatchObject({ ranks: [1, 2, 3], isDone: true })
  })

  it('is followed by the rows after its last row, ascending and descending', () => {
    insert(1, 2, 3, 4, 5)
    expect(page(2, page(2).continueCursor).ranks).toEqual([3, 4])
    const query = listQuery('a', 'desc')
    expect(page(2, page(2, null, { query }).continueCursor, { query }).ranks).toEqual([3, 2])
  })

  it('reads no row after the last row of the page', () => {
    insert(1, 2, 3)
    page(2)
    expect(database.scanned).toBe(2)
  })
})

describe('paginate(): a page with an end cursor', () => {
  it('ends at the cursor, however many rows exist', () => {
    insert(1, 2, 3, 4, 5)
    const { continueCursor } = page(3)
    insert(0.1, 0.2, 0.3, 0.4)
    expect(page(3, null, { endCursor: continueCursor }))
      .toMatchObject({ ranks: [0.1, 0.2, 0.3, 0.4, 1, 2, 3], isDone: false, continueCursor })
  })

  it('ends at the cursor when the row there and all later rows are deleted', () => {
    insert(1, 2, 3, 4, 5)
    const { continueCursor } = page(3)
    remove(3)
    expect(page(3, null, { endCursor: continueCursor })).toMatchObject({ ranks: [1, 2], isDone: false, continueCursor })
    expect(page(3, continueCursor).ranks).toEqual([4, 5])
    remove(1, 2, 4, 5)
    expect(page(3, null, { endCursor: continueCursor })).toMatchObject({ ranks: [], isDone: false, continueCursor })
  })

  it('remains the last page if it was the last page', () => {
    insert(1, 2)
    const { continueCursor } = page(3)
    insert(3, 4, 5)
    expect(page(3, null, { endCursor: continueCursor })).toMatchObject({ ranks: [1, 2, 3, 4, 5], isDone: true, continueCursor })
    expect(page(3, continueCursor).ranks).toEqual([])
  })
})

describe('paginate(): the journal of a query', () => {
  it('lets the page end at the same position when the query runs again', () => {
    insert(1, 2, 3)
    const first: QueryJournal = { previous: null, next: null }
    page(2, null, { journal: first })
    insert(0.5)
    const again: QueryJournal = { previous: first.next, next: null }
    expect(page(2, null, { journal: again }).ranks).toEqual([0.5, 1, 2])
    expect(again.next).toBe(first.next)
  })

  it('refuses two paginated queries in one function', () => {
    const journal: QueryJournal = { previous: null, next: null }
    page(2, null, { journal })
    expect(() => page(2, null, { journal })).toThrow('This query or mutation function ran multiple paginated queries.')
  })

  it('remains valid when the first document of a table is inserted', () => {
    const query = serializeQuery<QueryJSON>(db => db.query('later'))
    const { continueCursor } = page(2, null, { query })
    database = new NaiveDatabase({ later: {} })
    database.insert('later', { rank: 1 })
    expect(page(2, null, { query, endCursor: continueCursor }).ranks).toEqual([1])
  })
})

describe('paginate(): the split cursor', () => {
  it('is set for each page of more than two rows', () => {
    insert(1, 2, 3, 4, 5)
    expect(page(2).splitCursor).toBeNull()
    const whole = page(10)
    expect(whole.pageStatus).toBeNull()
    const halves = [page(10, null, { endCursor: whole.splitCursor }), page(10, whole.splitCursor, { endCursor: whole.continueCursor })]
    expect(halves.map(({ ranks }) => ranks)).toEqual([[1, 2, 3], [4, 5]])
    expect(halves.map(({ isDone }) => isDone)).toEqual([false, true])
  })
})

describe('paginate(): a page that reads up to a limit', () => {
  it('requires a split, and the next page repeats none of its rows', () => {
    insert(1, 2, 3, 4, 5, 6)
    const rare = (cursor: string | null, endCursor?: string) => page(2, cursor, { query: rareQuery, maximumRowsRead: 4, endCursor })
    const first = rare(null)
    expect(first).toMatchObject({ ranks: [], isDone: false, pageStatus: 'SplitRequired', splitCursor: expect.any(String) })
    const second = rare(first.continueCursor)
    expect(second).toMatchObject({ ranks: [6], isDone: true })
    // With an end cursor, the page is read to that cursor. A split is recommended at three quarters
    // of the limit.
    expect(rare(null, second.continueCursor)).toMatchObject({ ranks: [6], isDone: true, pageStatus: 'SplitRecommended' })
  })

  it('reads at least one row, even if the row exceeds the limit of bytes', () => {
    insert(1, 2)
    expect(page(5, null, { maximumBytesRead: 1 })).toMatchObject({ ranks: [1], pageStatus: 'SplitRequired' })
  })

  it('ends at the limit of the function', () => {
    insert(...Array.from<number>({ length: 32_001 }).fill(1))
    const result = page(2, null, { query: rareQuery })
    expect(result).toMatchObject({ ranks: [], isDone: false, pageStatus: 'SplitRequired' })
    expect(page(2, result.continueCursor, { query: rareQuery })).toMatchObject({ isDone: true })
  })

  it.each([
    [{ pageSize: 0 }, 'Must request at least 1 document while paginating'],
    [{ pageSize: 32_001 }, 'Requested too many items: 32001'],
    [{ maximumRowsRead: 0 }, 'maximumRowsRead and maximumBytesRead must be greater than 0'],
  ])('cannot have the options %o', (options, message) => {
    expect(() => page(1, null, options)).toThrow(message)
  })
})

describe('paginate(): a cursor', () => {
  it('is refused if another query has returned it, or if it is not a cursor', () => {
    insert(1, 2, 3)
    const { continueCursor } = page(2)
    const query = listQuery('b')
    const invalid = { code: 'InvalidCursor', data: { isConvexSystemError: true, paginationError: 'InvalidCursor' } }
    expect(() => page(2, continueCursor, { query })).toThrow(expect.objectContaining(invalid))
    expect(() => page(2, continueCursor, { query })).toThrow('InvalidCursor: Tried to run a query starting from a cursor')
    expect(() => page(2, null, { query, endCursor: continueCursor })).toThrow(expect.objectContaining(invalid))
    expect(() => page(2, 'nonsense')).toThrow(expect.objectContaining(invalid))
    expect(() => page(2, '')).toThrow(expect.objectContaining(invalid))
  })
})

describe('paginate(): pages of changing data', () => {
  const step = fc.oneof(
    fc.record({ type: fc.constant('insert' as const), rank: fc.integer({ min: 0, max: 9 }) }),
    fc.record({ type: fc.constant('remove' as const), rank: fc.integer({ min: 0, max: 9 }) }),
    fc.record({ type: fc.constant('more' as const), size: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ type: fc.constant('split' as const), page: fc.nat({ max: 9 }) }),
  )

  it('together contain each row before the end of the last page exactly once', () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 30 }), fc.constantFrom('asc', 'desc'), (steps, order) => {
      database = new NaiveDatabase({ items: { indexes: { by_rank: ['list', 'rank'] } } })
      const query = listQuery('a', order as 'asc')
      insert(1, 3, 5, 7)
      /** The cursors at which pages begin, and the cursor at which the last page ends. */
      let cursors: (string | null)[] = [null]
      let isDone = false
      const read = (index: number) => page(1, cursors[index]!, { query, endCursor: cursors[index + 1] ?? null })
      for (const one of steps) {
        if (one.type === 'insert')
          insert(one.rank)
        if (one.type === 'remove')
          remove(one.rank)
        if (one.type === 'more' && !isDone) {
          const next = page(one.size, cursors.at(-1)!, { query })
          cursors.push(next.continueCursor)
          isDone = next.isDone
        }
        if (one.type === 'split' && one.page < cursors.length - 1) {
          const { splitCursor } = read(one.page)
          if (splitCursor)
            cursors = cursors.toSpliced(one.page + 1, 0, splitCursor)
        }
      }
      const pages = Array.from({ length: cursors.length - 1 }, (_, index) => read(index))
      const found = pages.flatMap(({ page }) => page.map(({ id }) => id))
      const all = page(1000, null, { query }).page.map(({ id }) => id)
      // The pages together contain the first rows of the list, and all rows once the last page is loaded.
      expect(found).toEqual(all.slice(0, found.length))
      if (isDone)
        expect(found).toEqual(all)
      expect(pages.map(({ isDone }) => isDone)).toEqual(pages.map((_, index) => isDone && index === pages.length - 1))
    }), { numRuns: 1000 })
  })
})
