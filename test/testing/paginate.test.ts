import type { PaginationOptions } from 'convex/server'
import type { Deployment } from '../../src/testing/index.ts'
import { ConvexClient } from 'convex/browser'
import { ConvexError } from 'convex/values'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { api } from '../support/convex/_generated/api.js'
import { startFixture } from '../support/live/deployment.ts'

let deployment: Deployment
let client: ConvexClient
/** A list that no other test uses. */
let list: string
let lists = 0

beforeAll(async () => {
  deployment = await startFixture()
  client = new ConvexClient(deployment.url, { unsavedChangesWarning: false, logger: false })
})
beforeEach(() => {
  list = `list-${++lists}`
})
afterAll(async () => {
  await client.close()
  await deployment.close()
})

async function insert(...ranks: number[]): Promise<void> {
  await client.mutation(api.items.change, { list, insert: ranks })
}

async function remove(...ranks: number[]): Promise<void> {
  const items = await client.query(api.items.all, { list })
  await client.mutation(api.items.change, { list, remove: items.filter(({ rank }) => ranks.includes(rank)).map(({ _id }) => _id) })
}

async function page(numItems: number, cursor: string | null = null, endCursor?: string) {
  const result = await client.query(api.items.page, { list, paginationOpts: { numItems, cursor, endCursor } })
  return { ...result, ranks: result.page.map(({ rank }) => rank) }
}

describe('a page that is full', () => {
  it('is followed by an empty last page if no more rows exist', async () => {
    await insert(1, 2, 3)
    const first = await page(3)
    expect(first).toMatchObject({ ranks: [1, 2, 3], isDone: false, pageStatus: null })
    expect(await page(3, first.continueCursor)).toMatchObject({ ranks: [], isDone: true })
    expect(await page(4)).toMatchObject({ ranks: [1, 2, 3], isDone: true })
  })

  it('is followed by the rows after its last row, ascending and descending', async () => {
    await insert(1, 2, 3, 4, 5)
    expect((await page(2, (await page(2)).continueCursor)).ranks).toEqual([3, 4])
    const descending = async (cursor: string | null) => {
      const { page, continueCursor } = await client.query(api.items.pageDescending, { list, paginationOpts: { numItems: 2, cursor } })
      return { ranks: page.map(({ rank }) => rank), continueCursor }
    }
    expect((await descending((await descending(null)).continueCursor)).ranks).toEqual([3, 2])
  })
})

describe('a page with an end cursor', () => {
  it('ends at the cursor, however many rows exist', async () => {
    await insert(1, 2, 3, 4, 5)
    const { continueCursor } = await page(3)
    await insert(0.1, 0.2, 0.3, 0.4)
    expect(await page(3, null, continueCursor)).toMatchObject({ ranks: [0.1, 0.2, 0.3, 0.4, 1, 2, 3], isDone: false, continueCursor })
  })

  it('ends at the cursor when the row there and all later rows are deleted', async () => {
    await insert(1, 2, 3, 4, 5)
    const { continueCursor } = await page(3)
    await remove(3)
    expect(await page(3, null, continueCursor)).toMatchObject({ ranks: [1, 2], isDone: false, continueCursor })
    expect((await page(3, continueCursor)).ranks).toEqual([4, 5])
    await remove(4, 5)
    expect(await page(3, null, continueCursor)).toMatchObject({ ranks: [1, 2], isDone: false, continueCursor })
    await remove(1, 2)
    expect(await page(3, null, continueCursor)).toMatchObject({ ranks: [], isDone: false, continueCursor })
  })

  it('remains the last page if it was the last page', async () => {
    await insert(1, 2)
    const { continueCursor } = await page(3)
    await insert(3, 4, 5)
    expect(await page(3, null, continueCursor)).toMatchObject({ ranks: [1, 2, 3, 4, 5], isDone: true, continueCursor })
    expect((await page(3, continueCursor)).ranks).toEqual([])
  })
})

describe('a page in a mutation', () => {
  it('contains the rows that the mutation has written', async () => {
    await insert(1, 3)
    expect((await page(10)).ranks).toEqual([1, 3])
    expect(await client.mutation(api.items.addAndPage, { list, rank: 2 })).toEqual([1, 2, 3])
    expect((await page(10)).ranks).toEqual([1, 2, 3])
  })
})

describe('the split cursor', () => {
  it('is set for each page of more than two rows', async () => {
    await insert(1, 2, 3, 4, 5)
    expect((await page(2)).splitCursor).toBeNull()
    const whole = await page(10)
    expect(whole.pageStatus).toBeNull()
    const halves = [await page(10, null, whole.splitCursor!), await page(10, whole.splitCursor!, whole.continueCursor)]
    expect(halves.map(({ ranks }) => ranks)).toEqual([[1, 2, 3], [4, 5]])
    expect(halves.map(({ isDone }) => isDone)).toEqual([false, true])
  })
})

describe('a page that reads up to the limit', () => {
  const rare = async (paginationOpts: PaginationOptions) => {
    const result = await client.query(api.items.pageOfRare, { list, maximumRowsRead: 4, paginationOpts })
    return { ...result, ranks: result.page.map(({ rank }) => rank) }
  }

  it('requires a split, and the next page repeats none of its rows', async () => {
    await insert(1, 2, 3, 4, 5)
    await client.mutation(api.items.add, { list, rank: 6, text: 'rare' })
    const first = await rare({ numItems: 2, cursor: null })
    expect(first).toMatchObject({ ranks: [], isDone: false, pageStatus: 'SplitRequired', splitCursor: expect.any(String) })
    const second = await rare({ numItems: 2, cursor: first.continueCursor })
    expect(second).toMatchObject({ ranks: [6], isDone: true })
    // With an end cursor, the page is read to that cursor. A split is recommended at three quarters
    // of the limit.
    expect(await rare({ numItems: 2, cursor: null, endCursor: second.continueCursor })).toMatchObject({ ranks: [6], isDone: true, pageStatus: 'SplitRecommended' })
  })
})

describe('a cursor', () => {
  it('is refused if another query has returned it, or if it is not a cursor', async () => {
    await insert(1, 2, 3)
    const { continueCursor: cursor } = await page(2)
    list = `list-${++lists}`
    const error = await page(2, cursor).catch(error => error)
    expect(error).toBeInstanceOf(ConvexError)
    expect(error.message).toContain('InvalidCursor')
    expect(error.data).toEqual({ isConvexSystemError: true, paginationError: 'InvalidCursor' })
    await expect(page(2, 'nonsense')).rejects.toMatchObject({ data: { paginationError: 'InvalidCursor' } })
    await expect(page(2, null, cursor)).rejects.toMatchObject({ data: { paginationError: 'InvalidCursor' } })
  })

  it('leads to each result of a search once', async () => {
    for (let index = 0; index < 12; index++)
      await deployment.mutation(api.messages.send, { channel: list, body: `word ${index}` })
    const found: string[] = []
    for (let cursor: string | null = null, isDone = false; !isDone;) {
      const result: any = await client.query(api.messages.searchPage, { channel: list, text: 'word', paginationOpts: { numItems: 5, cursor } })
      found.push(...result.page.map(({ body }: { body: string }) => body));
      ({ isDone, continueCursor: cursor } = result)
    }
    expect(found.toSorted()).toEqual(Array.from({ length: 12 }, (_, index) => `word ${index}`).toSorted())
  })
})
