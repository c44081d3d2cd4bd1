import type { Deployment } from '../../../src/testing/index.ts'
import { anyApi } from 'convex/server'
import { beforeAll, describe, expect, it } from 'vitest'
import { startApp } from '../start-app.ts'

const files = {
  'schema.ts': `
    import { defineSchema, defineTable } from 'convex/server'
    import { v } from 'convex/values'
    export default defineSchema({
      pages: defineTable({ text: v.optional(v.string()), list: v.string(), kind: v.optional(v.string()), vector: v.optional(v.array(v.float64())) })
        .searchIndex('search_text', { searchField: 'text', filterFields: ['list'] })
        .vectorIndex('by_vector', { vectorField: 'vector', dimensions: 2, filterFields: ['list'] }),
    })`,
  'pages.ts': `
    import { actionGeneric, anyApi, internalQueryGeneric, mutationGeneric, queryGeneric } from 'convex/server'
    export const addAll = mutationGeneric(async (ctx, { pages }) => {
      const ids = []
      for (const page of pages)
        ids.push(await ctx.db.insert('pages', page))
      return ids
    })
    export const search = queryGeneric(async (ctx, { text, list, field = 'text', index = 'search_text', filter = 'list' }) => {
      const found = await ctx.db.query('pages').withSearchIndex(index, q => q.search(field, text).eq(filter, list)).collect()
      return found.map(page => page.text)
    })
    export const similar = actionGeneric(async (ctx, { vector, list, index = 'by_vector', filter = 'list', limit = 10 }) => {
      const found = await ctx.vectorSearch('pages', index, { vector, limit, filter: q => q.eq(filter, list) })
      return found.map(({ _id, _score }) => [_id, Math.round(_score * 1000) / 1000])
    })`,
}
const { pages } = anyApi as Record<string, any>

let deployment: Deployment
beforeAll(async () => {
  const app = await startApp(files)
  deployment = app.deployment
  return app.close
})

describe('a text search', () => {
  it('returns the most relevant documents first, and none without the text', async () => {
    await deployment.mutation(pages.addAll, {
      pages: [
        { list: 'cars', text: 'red car with a long text about cars and roads' },
        { list: 'cars', text: 'blue car (new)' },
        { list: 'cars' },
        { list: 'cars', text: 'red-car' },
        { list: 'cars', text: 'bicycle' },
        { list: 'other', text: 'red car' },
      ],
    })
    expect(await deployment.query(pages.search, { list: 'cars', text: 'Red CAR!' }))
      .toEqual(['red-car', 'red car with a long text about cars and roads', 'blue car (new)'])
    expect(await deployment.query(pages.search, { list: 'cars', text: 'bi' })).toEqual(['bicycle'])
    expect(await deployment.query(pages.search, { list: 'cars', text: 'bi new' })).toEqual(['blue car (new)'])
  })

  it.each([
    [{ index: 'search_nothing' }, 'Index pages.search_nothing not found.'],
    [{ field: 'kind' }, 'doesn\'t match the indexed `searchField` "text"'],
    [{ filter: 'kind' }, 'isn\'t indexed for filtering in `filterFields`'],
  ])('is refused if the index or a field is not declared: %o', async (args, message) => {
    await expect(deployment.query(pages.search, { list: 'cars', text: 'red', ...args })).rejects.toThrow(message)
  })
})

describe('a vector search', () => {
  it('returns the most similar documents first, and none whose vector has another length', async () => {
    const [right, opposite, , , near] = await deployment.mutation(pages.addAll, {
      pages: [
        { list: 'vectors', vector: [0, 3] },
        { list: 'vectors', vector: [-2, 0] },
        { list: 'vectors' },
        { list: 'vectors', vector: [1, 0, 0] },
        { list: 'vectors', vector: [5, 0] },
        { list: 'other', vector: [1, 0] },
      ],
    })
    expect(await deployment.action(pages.similar, { list: 'vectors', vector: [1, 0] })).toEqual([[near, 1], [right, 0], [opposite, -1]])
    expect(await deployment.action(pages.similar, { list: 'vectors', vector: [1, 0], limit: 1 })).toEqual([[near, 1]])
  })

  it.each([
    [{ vector: [1, 0, 0] }, 'Expected a vector with dimensions 2, received 3.'],
    [{ limit: 257 }, 'Vector queries can fetch at most 256 results, requested 257.'],
    [{ index: 'by_nothing' }, 'Index pages.by_nothing not found.'],
    [{ filter: 'kind' }, 'isn\'t indexed for filtering in `filterFields`'],
  ])('is refused: %o', async (args, message) => {
    await expect(deployment.action(pages.similar, { list: 'vectors', vector: [1, 0], ...args })).rejects.toThrow(message)
  })
})
