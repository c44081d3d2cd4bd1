import type { IndexInfo, StoredDocument, TableInfo, Transaction } from '../../../src/testing/engine/types.ts'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { convexToJson, jsonToConvex } from 'convex/values'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ConflictError } from '../../../src/testing/engine/conflict-error.ts'
import { Engine } from '../../../src/testing/engine/engine.ts'
import { decodeId } from '../../../src/testing/engine/ids.ts'
import { keyInterval } from '../../../src/testing/engine/index-key.ts'
import { openDatabase } from '../../../src/testing/engine/sqlite.ts'

let engine: Engine
let table: TableInfo
let now: number

beforeEach(() => {
  now = 1_750_000_000_000
  engine = Engine.open({ now: () => now })
  engine.defineIndexes('', { things: [{ name: 'by_name', fields: ['name'] }] })
  table = engine.table('', 'things')
})

afterEach(() => {
  engine.close()
})

function insert(fields: Record<string, string | number>): string {
  const transaction = engine.begin()
  const id = transaction.insert(table.number, fields)
  engine.commit(transaction)
  return id
}

function index(name: string): IndexInfo {
  return table.indexes.get(name)!
}

function names(transaction: Transaction, indexName = 'by_name'): unknown[] {
  return [...transaction.scan(index(indexName), keyInterval([]), 'asc')].map(({ document }) => document.value.name)
}

describe('Engine.commit', () => {
  it('accepts inserts of concurrent transactions that read nothing', () => {
    const [first, second] = [engine.begin(), engine.begin()]
    first.insert(table.number, { name: 'a' })
    second.insert(table.number, { name: 'a' })
    engine.commit(first)
    engine.commit(second)
    expect(names(engine.begin())).toEqual(['a', 'a'])
  })

  it('refuses a write to a document that has changed, and names the table and the document', () => {
    const id = insert({ name: 'a' })
    const [first, second] = [engine.begin(), engine.begin()]
    first.patch(id, { name: 'b' })
    second.patch(id, { name: 'c' })
    engine.commit(first)
    expect(() => engine.commit(second)).toThrow(expect.objectContaining({ table, documentId: id }))
    expect(names(engine.begin())).toEqual(['b'])
  })

  it('refuses a transaction if a row appears in an interval that it has read', () => {
    const reader = engine.begin()
    expect(names(reader)).toEqual([])
    reader.insert(table.number, { name: 'count' })
    insert({ name: 'phantom' })
    expect(() => engine.commit(reader)).toThrow(ConflictError)
  })

  it('accepts a transaction if a row appears after the rows that it has consumed', () => {
    insert({ name: 'a' })
    insert({ name: 'c' })
    const reader = engine.begin()
    const scan = reader.scan(index('by_name'), keyInterval([]), 'asc')
    scan.next()
    reader.insert(table.number, { name: 'x' })
    insert({ name: 'b' })
    engine.commit(reader)

    const other = engine.begin()
    other.scan(index('by_name'), keyInterval([]), 'asc').next()
    other.insert(table.number, { name: 'y' })
    insert({ name: '_' })
    expect(() => engine.commit(other)).toThrow(ConflictError)
  })

  it('also checks the reads of a nested part whose writes were undone', async () => {
    const id = insert({ name: 'a' })
    const transaction = engine.begin()
    await transaction.nested(async () => {
      transaction.get(id)
      throw new Error('undone')
    }).catch(() => {})
    transaction.insert(table.number, { name: 'b' })
    const writer = engine.begin()
    writer.patch(id, { name: 'changed' })
    engine.commit(writer)
    expect(() => engine.commit(transaction)).toThrow(ConflictError)
  })

  it('ends the transaction, even if the commit is refused', () => {
    const transaction = engine.begin()
    engine.commit(transaction)
    expect(() => transaction.get('')).toThrow('has ended')
    expect(() => engine.commit(transaction)).toThrow('has ended')
  })

  it('replaces the placeholder in a document with the timestamp of the commit', () => {
    const transaction = engine.begin()
    const placeholder = jsonToConvex({ $commitTs: null })
    const text = '{"$commitTs":null}'
    const id = transaction.insert(table.number, { name: placeholder, text })
    const timestamp = engine.commit(transaction)
    const reader = engine.begin()
    expect(reader.get(id)!.value).toMatchObject({ name: timestamp, text })
    const row = reader.scan(index('by_name'), keyInterval([timestamp]), 'asc').next().value
    expect(row?.document.id).toBe(id)
  })
})

describe('a transaction of the engine', () => {
  it('sees the data at its beginning, and frees the later commits when it ends', () => {
    const id = insert({ name: 'old' })
    const transaction = engine.begin()
    for (let count = 0; count < 20; count++) {
      const writer = engine.begin()
      writer.patch(id, { name: `new ${count}` })
      engine.commit(writer)
      insert({ name: 'other' })
    }
    expect(transaction.get(id)!.value.name).toBe('old')
    expect(names(transaction)).toEqual(['old'])
    expect(engine.keptCommits).toBe(40)

    const later = engine.begin()
    insert({ name: 'another' })
    engine.end(transaction)
    expect(engine.keptCommits).toBe(1)
    expect(names(later)).toHaveLength(21)
    engine.end(later)
    expect(engine.keptCommits).toBe(0)
  })

  it('can see the same data as another transaction that is open', () => {
    const id = insert({ name: 'old' })
    const first = engine.begin()
    const writer = engine.begin()
    writer.patch(id, { name: 'new' })
    engine.commit(writer)
    const second = engine.begin(first)
    engine.end(first)
    insert({ name: 'other' })
    expect(second.snapshot).toBe(first.snapshot)
    expect(names(second)).toEqual(['old'])
    second.insert(table.number, {})
    expect(() => engine.commit(second)).toThrow(ConflictError)
    expect(engine.keptCommits).toBe(0)
    expect(() => engine.begin(first)).toThrow('has ended')
  })

  it('sees its own writes during a scan', () => {
    insert({ name: 'a' })
    insert({ name: 'd' })
    const transaction = engine.begin()
    const seen: unknown[] = []
    for (const { document } of transaction.scan(index('by_name'), keyInterval([]), 'asc')) {
      seen.push(document.value.name)
      if (document.value.name === 'a') {
        transaction.insert(table.number, { name: 'b' })
        transaction.insert(table.number, { name: '_' })
        transaction.delete(document.id)
      }
    }
    expect(seen).toEqual(['a', 'b', 'd'])
  })

  it('reads tables of thousands of documents in batches', () => {
    const setup = engine.begin()
    for (let count = 0; count < 2000; count++)
      setup.insert(table.number, { name: count })
    engine.commit(setup)
    const transaction = engine.begin()
    const expected = Array.from({ length: 2000 }, (_, count) => count)
    expect(names(transaction)).toEqual(expected)
    expect(names(transaction, 'by_creation_time')).toEqual(expected)
    const descending = transaction.scan(index('by_name'), keyInterval([]), 'desc', 1)
    expect(Array.from(descending, ({ document }) => document.value.name)).toEqual(expected.toReversed())
  })

  it('gives documents increasing creation times, from the time at which it began', () => {
    const transaction = engine.begin()
    now += 5000
    const times = [1, 2, 3].map(() => creationTime(transaction.get(transaction.insert(table.number, {}))!))
    expect(times[0]).toBe(1_750_000_000_000)
    expect(times[1]).toBeGreaterThan(times[0]!)
    expect(times[2]).toBeGreaterThan(times[1]!)
    expect(times[2]).toBeLessThan(1_750_000_000_000.01)
    engine.commit(transaction)
    // The creation times increase even if the clock does not advance.
    now -= 5000
    const next = engine.begin()
    expect(creationTime(next.get(next.insert(table.number, {}))!)).toBeGreaterThan(times[2]!)
  })

  it('returns documents with all types of values unchanged', () => {
    const fields = { name: 'a', list: [1n, -0, new ArrayBuffer(2)], nested: { z: null, a: true } }
    const transaction = engine.begin()
    const id = transaction.insert(table.number, fields)
    engine.commit(transaction)
    const document = engine.begin().get(id)!
    expect(JSON.parse(document.json)).toEqual(convexToJson({ ...fields, _id: id, _creationTime: now }))
    expect(document.value).toEqual({ ...fields, _id: id, _creationTime: now })
    expect(decodeId(id)!.table).toBe(table.number)
  })

  it('does not find a document by a string that is not an id', () => {
    const transaction = engine.begin()
    expect(transaction.get('garbage')).toBeNull()
    expect(() => transaction.delete('garbage')).toThrow('Delete on nonexistent document ID garbage')
  })
})

describe('engine.replaceContents', () => {
  it('writes documents with their ids and creation times', () => {
    const id = insert({ name: 'a' })
    const { value } = engine.begin().get(id)!
    const exported = { ...value, _id: id, _creationTime: creationTime({ value } as StoredDocument) }
    engine.wipe()
    for (const name of ['b', 'c']) {
      engine.replaceContents(contents => contents.put(table, { ...exported, name }))
      expect(engine.begin().get(id)!.value).toEqual({ ...exported, name })
      expect(names(engine.begin())).toEqual([name])
    }
  })

  it('calls each subscription once, and ends the transactions that are open', () => {
    insert({ name: 'a' })
    const changes: bigint[] = []
    const reading = engine.begin()
    names(reading)
    engine.subscribe(reading, timestamp => changes.push(timestamp))
    const open = engine.begin()

    engine.replaceContents((contents) => {
      contents.clear(table)
      contents.put(table, { name: 'b' })
    })
    expect(changes).toEqual([engine.timestamp])
    expect(() => names(open)).toThrow(ConflictError)
    expect(names(engine.begin())).toEqual(['b'])
  })

  it('changes neither documents nor tables nor their numbers if it fails', () => {
    const id = insert({ name: 'a' })
    const { number } = table
    expect(() => engine.replaceContents((contents) => {
      contents.clear(table)
      contents.renumber(table, 20_000)
      contents.put(contents.table('', 'others'), { name: 'b' })
      throw new Error('on demand')
    })).toThrow('on demand')

    expect(names(engine.begin())).toEqual(['a'])
    expect(engine.begin().get(id)!.value.name).toBe('a')
    expect(table.number).toBe(number)
    expect(engine.tables.map(({ name }) => name)).not.toContain('others')
    insert({ name: 'c' })
    expect(names(engine.begin())).toEqual(['a', 'c'])
  })
})

describe('Engine.defineIndexes', () => {
  it('fills a new index with the existing documents', () => {
    for (let count = 0; count < 300; count++)
      insert({ name: count, rank: 300 - count })
    engine.defineIndexes('', { things: [{ name: 'by_rank', fields: ['rank'] }] })
    const rows = [...engine.begin().scan(index('by_rank'), keyInterval([]), 'asc')]
    expect(rows.map(({ document }) => document.value.rank)).toEqual(Array.from({ length: 300 }, (_, count) => count + 1))
    expect([...table.indexes.keys()]).toEqual(['by_id', 'by_creation_time', 'by_rank'])
  })

  it('fills an index again if its fields have changed', () => {
    insert({ name: 'a', rank: 2 })
    insert({ name: 'b', rank: 1 })
    engine.defineIndexes('', { things: [{ name: 'by_name', fields: ['rank', 'name'] }] })
    expect(names(engine.begin())).toEqual(['b', 'a'])
  })

  it('changes the tables of one component only', () => {
    const other = engine.table('other', 'things')
    expect(other.number).not.toBe(table.number)
    engine.defineIndexes('other', { things: [{ name: 'by_x', fields: ['x'] }] })
    expect([...table.indexes.keys()]).toContain('by_name')
    expect([...engine.table('other', 'things').indexes.keys()]).toContain('by_x')
  })

  it('ends the transactions that have begun before the change', () => {
    const [reader, writer] = [engine.begin(), engine.begin()]
    writer.insert(table.number, { name: 'a' })
    const scan = reader.scan(index('by_name'), keyInterval([]), 'asc')
    engine.defineIndexes('', {})
    expect(() => scan.next()).toThrow(ConflictError)
    expect(() => engine.commit(writer)).toThrow(ConflictError)
  })
})

describe('engine in a folder', () => {
  it('stores only the newest revision of each document, with one entry in each index', () => {
    const folder = mkdtempSync(join(tmpdir(), 'engine-'))
    engine = Engine.open({ folder })
    engine.defineIndexes('', { things: [{ name: 'by_name', fields: ['name'] }] })
    table = engine.table('', 'things')
    const id = insert({ name: 'a' })
    const reader = engine.begin()
    for (const name of ['b', 'c', 'd']) {
      const writer = engine.begin()
      writer.patch(id, { name })
      engine.commit(writer)
    }
    const deleted = insert({ name: 'e' })
    const writer = engine.begin()
    writer.delete(deleted)
    engine.commit(writer)
    expect(names(reader)).toEqual(['a'])
    engine.close()

    const database = openDatabase(join(folder, 'deployment.sqlite'))
    expect(database.prepare('SELECT id FROM documents').all().map(row => row.id)).toEqual([id])
    expect(database.prepare('SELECT * FROM entries').all()).toHaveLength(3)
    database.close()
    engine = Engine.open()
    rmSync(folder, { recursive: true })
  })
})

function creationTime({ value }: StoredDocument): number {
  return value._creationTime as number
}
