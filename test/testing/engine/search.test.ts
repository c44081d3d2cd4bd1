import type { QueryJSON } from '../../../src/testing/engine/query.ts'
import type { DocumentValue } from '../../../src/testing/engine/types.ts'
import type { VectorFilterJSON } from '../../../src/testing/engine/vector-search.ts'
import { convexToJson } from 'convex/values'
import * as fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { readPage } from '../../../src/testing/engine/page.ts'
import { runQuery } from '../../../src/testing/engine/query.ts'
import { tokenize } from '../../../src/testing/engine/tokenize.ts'
import { runVectorSearch } from '../../../src/testing/engine/vector-search.ts'
import { NaiveDatabase } from './naive-database.ts'
import { serializeQuery } from './serialize.ts'

let database: NaiveDatabase
beforeEach(() => {
  database = new NaiveDatabase({ items: {
    indexes: { by_text: ['text'] },
    searchIndexes: [{ indexDescriptor: 'search', searchField: 'text', filterFields: ['list', 'nested.tag'] }],
    vectorIndexes: [{ indexDescriptor: 'vectors', vectorField: 'vector', dimensions: 2, filterFields: ['list', 'kind'] }],
  } })
})

function insert(...documents: (string | DocumentValue)[]): void {
  for (const document of documents)
    database.insert('items', typeof document === 'string' ? { text: document } : document)
}

function searchQuery(text: string, build = (q: any): any => q, index = 'search'): QueryJSON {
  return serializeQuery(db => db.query('items').withSearchIndex(index, (q: any) => build(q.search('text', text))))
}

function search(...args: Parameters<typeof searchQuery>): unknown[] {
  return [...runQuery(searchQuery(...args), database.context())].map(({ value }) => value.text)
}

describe('tokenize()', () => {
  it.each([
    ['A (Hello)', ['a', 'hello']],
    ['(quick)', ['quick']],
    ['hello-world', ['hello', 'world']],
    ['foo_bar', ['foo', 'bar']],
    ['don\'t 3.5 €', ['don', 't', '3', '5']],
    ['Ünïcode ΣΑΣ 漢字', ['ünïcode', 'σας', '漢字']],
    ['', []],
    [`${'a'.repeat(31)} ${'b'.repeat(32)}`, ['a'.repeat(31)]],
  ])('splits %o at everything that is neither a letter nor a digit', (text, terms) => {
    expect(tokenize(text)).toEqual(terms)
  })
})

describe('withSearchIndex(): results', () => {
  it('are the documents that contain one of the terms', () => {
    insert('a (hello)', 'hello-world', 'nothing')
    expect(search('hello').toSorted()).toEqual(['a (hello)', 'hello-world'])
    expect(search('a (hello)').toSorted()).toEqual(['a (hello)', 'hello-world'])
    expect(search('WORLD?')).toEqual(['hello-world'])
    expect(search('')).toEqual([])
    expect(search('!?')).toEqual([])
  })

  it('match the last term also as a prefix, and all other terms only as whole words', () => {
    insert('quickly done', 'quick brown')
    expect(search('qui')).toHaveLength(2)
    expect(search('qui brown')).toEqual(['quick brown'])
    expect(search('quick do')).toHaveLength(2)
  })

  it('begin with the document that is most relevant', () => {
    insert('red car with a long text about cars and roads', 'blue car', 'red car', 'red red car', 'bicycle')
    expect(search('red car')).toEqual(['red red car', 'red car', 'red car with a long text about cars and roads', 'blue car'])
  })

  it('have documents with rare terms before documents with frequent terms', () => {
    insert('common one', 'common two', 'common three', 'rare four')
    expect(search('common rare')[0]).toBe('rare four')
  })

  it('have documents with the last term as a whole word before those with it as a prefix', () => {
    insert('theory', 'the', 'theme')
    expect(search('the')[0]).toBe('the')
    expect(search('the')).toHaveLength(3)
  })

  it('are ordered by the time of creation if they are equally relevant, the newest first', () => {
    insert({ text: 'same', list: 'first' }, { text: 'same', list: 'second' }, { text: 'same', list: 'third' })
    const found = [...runQuery(searchQuery('same'), database.context())]
    expect(found.map(({ value }) => value.list)).toEqual(['third', 'second', 'first'])
  })

  it('do not contain documents whose field is missing or is not a string', () => {
    insert('word', {}, { text: 5 }, { text: null }, { text: ['word'] })
    expect(search('word')).toEqual(['word'])
  })

  it('have the values that the filter requires, or lack the field if it requires `undefined`', () => {
    insert({ text: 'word 1', list: 'a', nested: { tag: 1 } }, { text: 'word 2', list: 'b' }, { text: 'word 3', list: 'a' })
    expect(search('word', q => q.eq('list', 'a')).toSorted()).toEqual(['word 1', 'word 3'])
    expect(search('word', q => q.eq('list', 'a').eq('nested.tag', 1))).toEqual(['word 1'])
    expect(search('word', q => q.eq('list', 'a').eq('nested.tag', undefined))).toEqual(['word 3'])
    expect(search('word', q => q.eq('list', undefined))).toEqual([])
  })

  it('depend only on the first 16 terms of the search', () => {
    insert('sixteen', 'seventeen')
    const filler = Array.from({ length: 15 }, (_, index) => `x${index}`).join(' ')
    expect(search(`${filler} sixteen seventeen`)).toEqual(['sixteen'])
  })

  it('count as read documents, and all other documents do not', () => {
    insert(...Array.from({ length: 100 }, (_, index) => index === 7 ? 'needle' : 'hay'))
    const context = database.context()
    let reads = 0
    context.meter.readDocument = () => void reads++
    expect([...runQuery(searchQuery('needle'), context)]).toHaveLength(1)
    expect(reads).toBe(1)
  })

  it('end with an error after 1,024 documents, unless a limit ends them before', () => {
    insert(...Array.from<string>({ length: 1030 }).fill('word'))
    expect(() => search('word')).toThrow('Search query scanned too many documents (fetched 1024).')
    const limited = { ...searchQuery('word'), operators: [{ limit: 1024 }] }
    expect([...runQuery(limited, database.context())]).toHaveLength(1024)
  })

  it('are on exactly one page each', () => {
    insert(...Array.from({ length: 12 }, (_, index) => `word ${'word '.repeat(index % 3)}`))
    const found: string[] = []
    for (let cursor: string | null = null, isDone = false; !isDone;) {
      const page = readPage({ query: searchQuery('word'), cursor, pageSize: 5 }, database.context(), { previous: null, next: null })
      expect(page.splitCursor).toBeNull()
      found.push(...page.page.map(({ id }) => id));
      ({ isDone, continueCursor: cursor } = page)
    }
    expect(found).toEqual([...runQuery(searchQuery('word'), database.context())].map(({ id }) => id))
    expect(new Set(found).size).toBe(12)
  })
})

describe('withSearchIndex(): misuse', () => {
  it.each<[string, () => QueryJSON, string]>([
    ['an index that is not declared', () => searchQuery('a', q => q, 'other'), 'Index items.other not found.'],
    ['an index that is not a search index', () => searchQuery('a', q => q, 'by_text'), 'Index items.by_text is not a search index'],
    ['an undeclared search field', () => serializeQuery(db => db.query('items').withSearchIndex('search', (q: any) => q.search('body', 'a'))), 'Search query against items.search contains a search filter against "body", which doesn\'t match the indexed `searchField` "text".'],
    ['an undeclared filter field', () => searchQuery('a', q => q.eq('kind', 1)), 'Search query against items.search contains an equality filter on "kind" but that field isn\'t indexed for filtering in `filterFields`.'],
    ['two texts', () => searchQuery('a', q => q.search('text', 'b')), 'contains multiple search filters against "text". Only one is allowed.'],
    ['no text', () => serializeQuery(db => db.query('items').withSearchIndex('search', (q: any) => q.eq('list', 'a'))), 'does not contain any search filters.'],
    ['nine filters', () => searchQuery('a', q => Array.from({ length: 9 }).reduce<any>(all => all.eq('list', 'a'), q)), 'has too many filter conditions. Max: 8 Actual: 9'],
  ])('refuses %s', (_, build, message) => {
    expect(() => [...runQuery(build(), database.context())]).toThrow(message)
  })
})

describe('vectorSearch()', () => {
  function find(vector: number[], options: { limit?: number, expressions?: VectorFilterJSON, index?: string } = {}): unknown[] {
    const { limit = 10, expressions = null, index = 'vectors' } = options
    const results = runVectorSearch({ indexName: `items.${index}`, vector, limit, expressions }, database.context())
    const documents = database.all('items')
    return results.map(({ _id }) => documents.find(document => document._id === _id)!.text)
  }
  const eq = (field: string, value: unknown): VectorFilterJSON => ({
    $eq: [{ $field: field }, { $literal: value === undefined ? { $undefined: null } : convexToJson(value as never) }],
  })

  it('orders the results by the cosine similarity', () => {
    insert({ text: 'opposite', vector: [-1, 0] }, { text: 'near', vector: [10, 1] }, { text: 'same', vector: [2, 0] }, { text: 'right angle', vector: [0, 5] })
    expect(find([1, 0])).toEqual(['same', 'near', 'right angle', 'opposite'])
    expect(find([1, 0], { limit: 2 })).toEqual(['same', 'near'])
    const scores = runVectorSearch({ indexName: 'items.vectors', vector: [1, 0], limit: 10, expressions: null }, database.context()).map(({ _score }) => _score)
    expect(scores[0]).toBe(1)
    expect(scores.at(-1)).toBe(-1)
  })

  it('skips documents without a vector, and with vectors of another length', () => {
    insert({ text: 'none' }, { text: 'null', vector: null }, { text: 'long', vector: [1, 2, 3] }, { text: 'short', vector: [1] }, { text: 'text', vector: ['a', 'b'] }, { text: 'int64', vector: [1n, 2n] }, { text: 'not a number', vector: [1, Number.NaN] }, { text: 'good', vector: [1, 2] })
    expect(find([1, 2])).toEqual(['good'])
    insert({ text: 'minus zero', vector: [-0, 1] })
    expect(find([0, 1])).toEqual(['minus zero', 'good'])
  })

  it('gives a score of zero to a vector of zeros', () => {
    insert({ text: 'zero', vector: [0, 0] }, { text: 'opposite', vector: [-1, 0] })
    expect(find([1, 0])).toEqual(['zero', 'opposite'])
  })

  it('filters by one of several conditions', () => {
    insert({ text: '1', vector: [1, 0], list: 'a' }, { text: '2', vector: [2, 1], list: 'b' }, { text: '3', vector: [1, 1], kind: 'x' })
    expect(find([1, 0], { expressions: eq('list', 'a') })).toEqual(['1'])
    expect(find([1, 0], { expressions: { $or: [eq('list', 'a'), eq('list', 'b')] } })).toEqual(['1', '2'])
    expect(find([1, 0], { expressions: { $or: [eq('list', 'a'), { $or: [eq('kind', 'x')] }] } })).toEqual(['1', '3'])
    expect(find([1, 0], { expressions: eq('list', undefined) })).toEqual(['3'])
  })

  it.each([
    ['wrong dimensions', [1, 2, 3], {}, 'Expected a vector with dimensions 2, received 3.'],
    ['a limit of 257', [1, 2], { limit: 257 }, 'Vector queries can fetch at most 256 results, requested 257.'],
    ['a limit that is not a whole number', [1, 2], { limit: 1.5 }, 'must be a whole number'],
    ['an unknown index', [1, 2], { index: 'other' }, 'Index items.other not found.'],
    ['an index that is not a vector index', [1, 2], { index: 'by_text' }, 'Index items.by_text is not a vector index'],
    ['an undeclared filter field', [1, 2], { expressions: eq('text', 'a') }, 'Vector query against items.vectors contains a filter on "text" but that field isn\'t indexed for filtering in `filterFields`.'],
    ['65 conditions', [1, 2], { expressions: { $or: Array.from({ length: 65 }, (_, index) => eq('list', index)) } }, 'has too many conditions. Max: 64 Actual: 65'],
    ['other operators', [1, 2], { expressions: { $and: [] } as never }, 'Filters should be a combination of `q.eq` and `q.or`.'],
  ])('refuses %s', (_, vector, options, message) => {
    expect(() => find(vector, options)).toThrow(message)
  })

  it('accepts a limit of 256, and finds as many documents', () => {
    insert(...Array.from({ length: 300 }, (_, index) => ({ text: `${index}`, vector: [1, index] })))
    expect(find([1, 2], { limit: 256 })).toHaveLength(256)
  })

  it('agrees with a naive search', () => {
    const vector = fc.tuple(fc.integer({ min: -5, max: 5 }), fc.integer({ min: -5, max: 5 })).filter(([x, y]) => x !== 0 || y !== 0)
    fc.assert(fc.property(fc.array(vector, { minLength: 1, maxLength: 8 }), vector, (vectors, query) => {
      const context = new NaiveDatabase({ items: { vectorIndexes: [{ indexDescriptor: 'v', vectorField: 'v', dimensions: 2, filterFields: [] }] } })
      for (const v of vectors)
        context.insert('items', { v })
      const results = runVectorSearch({ indexName: 'items.v', vector: query, limit: 10, expressions: null }, context.context())
      const cosine = (v: number[]): number => (v[0]! * query[0] + v[1]! * query[1]) / Math.hypot(...v) / Math.hypot(...query)
      const expected = vectors.map(cosine).sort((one, other) => other - one)
      results.forEach(({ _score }, index) => expect(_score).toBeCloseTo(expected[index]!, 5))
      expect(results).toHaveLength(vectors.length)
    }), { numRuns: 200 })
  })
})
