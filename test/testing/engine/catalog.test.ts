import type { Catalog } from '../../../src/testing/engine/catalog.ts'
import type { SchemaJSON } from '../../../src/testing/engine/schema.ts'
import { defineSchema, defineTable } from 'convex/server'
import { v } from 'convex/values'
import { describe, expect, it } from 'vitest'
import { createCatalog, findIndex, findSearchIndex, findVectorIndex } from '../../../src/testing/engine/catalog.ts'
import { Engine } from '../../../src/testing/engine/engine.ts'

const schema = defineSchema({
  items: defineTable({ text: v.string(), vector: v.array(v.number()) })
    .index('by_text', ['text'])
    .index('later', { fields: ['text', 'vector'], staged: true })
    .searchIndex('search', { searchField: 'text' })
    .searchIndex('later_search', { searchField: 'vector', staged: true })
    .vectorIndex('vectors', { vectorField: 'vector', dimensions: 2 }),
})

function createItemsCatalog(): Catalog {
  const engine = Engine.open()
  engine.defineIndexes('', { items: [{ name: 'by_text', fields: ['text'] }] })
  const json = JSON.parse((schema as unknown as { export: () => string }).export()) as SchemaJSON
  return createCatalog(json, name => engine.table('', name))
}

describe('createCatalog()', () => {
  const catalog = createItemsCatalog()

  it('finds database indexes, search indexes and vector indexes by their names', () => {
    expect(findIndex(catalog, 'items.by_text')!.fields).toEqual(['text', '_creationTime'])
    expect(findIndex(catalog, 'items.by_id')!.fields).toEqual(['_id'])
    expect(findIndex(catalog, '_storage.by_creation_time')!.fields).toEqual(['_creationTime'])
    expect(findSearchIndex(catalog, 'items.search').searchField).toBe('text')
    expect(findVectorIndex(catalog, 'items.vectors').dimensions).toBe(2)
  })

  it.each<[string, () => unknown, string]>([
    ['an unknown index', () => findIndex(catalog, 'items.other'), 'Index items.other not found.'],
    ['an unknown index of an unknown table', () => findIndex(catalog, 'others.other'), 'Index others.other not found.'],
    ['an unknown search index', () => findSearchIndex(catalog, 'others.other'), 'Index others.other not found.'],
    ['a search index as index', () => findIndex(catalog, 'items.search'), 'Index items.search is not a database index'],
    ['an index as search index', () => findSearchIndex(catalog, 'items.by_text'), 'Index items.by_text is not a search index'],
    ['a search index as vector index', () => findVectorIndex(catalog, 'items.search'), 'Index items.search is not a vector index'],
    ['a staged index', () => findIndex(catalog, 'items.later'), 'Index items.later is currently staged and not available to query until it is enabled.'],
    ['a staged search index', () => findSearchIndex(catalog, 'items.later_search'), 'Index items.later_search is currently staged'],
    ['an invalid name of a table', () => findIndex(catalog, 'bad name.by_id'), 'Invalid table name: "bad name".'],
  ])('refuses %s', (_, find, message) => {
    expect(find).toThrow(message)
  })
})
