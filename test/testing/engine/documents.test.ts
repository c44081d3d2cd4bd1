import type { DocumentContext } from '../../../src/testing/engine/documents.ts'
import type { EngineTransaction } from '../../../src/testing/engine/transaction.ts'
import type { DocumentValue, TableInfo } from '../../../src/testing/engine/types.ts'
import { defineSchema, defineTable } from 'convex/server'
import { v } from 'convex/values'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { deleteDocument, getDocument, insertDocument, patchDocument, replaceDocument } from '../../../src/testing/engine/documents.ts'
import { Engine } from '../../../src/testing/engine/engine.ts'
import { LimitPolicy, Meter } from '../../../src/testing/engine/limits.ts'
import { DocumentSchema } from '../../../src/testing/engine/schema.ts'

const schemaJson = (defineSchema({
  items: defineTable({ text: v.string(), count: v.optional(v.number()) }),
}) as unknown as { export: () => string }).export()

let engine: Engine
let transaction: EngineTransaction
let context: DocumentContext
let items: TableInfo
let free: TableInfo
beforeEach(() => {
  engine = Engine.open()
  items = engine.table('', 'items')
  free = engine.table('', 'free')
  begin()
})
afterEach(() => {
  engine.end(transaction)
  engine.close()
})

function begin(): void {
  transaction = engine.begin()
  const policy = new LimitPolicy('enforce', () => {})
  const schema = new DocumentSchema(JSON.parse(schemaJson), () => undefined)
  context = { transaction, schema, policy, meter: new Meter(policy) }
}

/** Commits what was written so far, and begins the next transaction. */
function commit(): void {
  engine.commit(transaction)
  begin()
}

function valueOf(id: string): DocumentValue | undefined {
  return transaction.get(id)?.value
}

const system = { _id: expect.any(String), _creationTime: expect.any(Number) }

describe('insertDocument()', () => {
  it('inserts a document that matches the schema', () => {
    expect(valueOf(insertDocument(context, items, { text: 'a' }))).toEqual({ ...system, text: 'a' })
    expect(valueOf(insertDocument(context, free, { any: [1n] }))).toEqual({ ...system, any: [1n] })
  })

  it.each<[string, DocumentValue, string]>([
    ['a document that the schema refuses', {}, 'Failed to insert or update a document in table "items"'],
    ['a document that is too large', { text: 'a'.repeat(2 ** 20) }, 'Value is too large (1.00 MiB > maximum size 1 MiB)'],
    ['an id', { text: '', _id: 'x' }, 'doesn\'t match \'_id\' field "x"'],
    ['a time of creation', { text: '', _creationTime: 1 }, 'Provided creation time doesn\'t match \'_creationTime\' field in {_creationTime: 1.0, text: ""}'],
    ['a field with an underscore first', { _text: '' }, 'Field \'_text\' starts with an underscore, which is only allowed for system fields like \'_id\''],
    ['a lone surrogate', { text: '\uD800' }, 'has a lone surrogate.'],
  ])('refuses %s, and a function that catches the error has written nothing', (_, fields, message) => {
    expect(() => insertDocument(context, items, fields)).toThrow(message)
    expect(transaction.buffer.writes).toEqual([])
  })

  it('accepts underscores and other characters in nested fields', () => {
    expect(() => insertDocument(context, free, { nested: { '_a': 1, 'b-c': 2, 'two words': '😀' } })).not.toThrow()
  })
})

describe('patchDocument(), replaceDocument()', () => {
  it('change the fields, and keep the system fields', () => {
    const id = insertDocument(context, items, { text: 'a', count: 1 })
    const { _id, _creationTime } = valueOf(id)!
    expect(patchDocument(context, items, id, { count: 2, _id, _creationTime }).value).toEqual({ _id, _creationTime, text: 'a', count: 2 })
    expect(patchDocument(context, items, id, { count: undefined }).value).toEqual({ _id, _creationTime, text: 'a' })
    expect(replaceDocument(context, items, id, { text: 'b' }).value).toEqual({ _id, _creationTime, text: 'b' })
  })

  it('refuse invalid fields, and write nothing if the function catches the error', () => {
    const id = insertDocument(context, items, { text: 'a' })
    expect(() => patchDocument(context, items, id, { text: undefined })).toThrow('missing the required field `text`')
    expect(() => replaceDocument(context, items, id, { text: 1 })).toThrow('Path: .text')
    expect(() => patchDocument(context, items, id, { _id: 'x' })).toThrow(`Provided document ID "${id}" doesn't match '_id' field "x"`)
    expect(() => replaceDocument(context, items, id, { text: '', _creationTime: 1 })).toThrow('Provided creation time')
    expect(valueOf(id)).toEqual({ ...system, text: 'a' })
  })

  it('do not write a document whose fields do not change', () => {
    const id = insertDocument(context, items, { text: 'a' })
    commit()
    patchDocument(context, items, id, { text: 'a', count: undefined })
    replaceDocument(context, items, id, { text: 'a' })
    expect(transaction.buffer.writes).toEqual([])
    patchDocument(context, items, id, { count: 0 })
    commit()
    patchDocument(context, items, id, { count: -0 })
    expect(transaction.buffer.writes).toHaveLength(1)
  })
})

describe('documents that do not exist', () => {
  it('are null when they are read, and cause an error when they are written', () => {
    const id = insertDocument(context, items, { text: 'a' })
    expect(deleteDocument(context, id).value).toEqual({ ...system, text: 'a' })
    expect(getDocument(context, id)).toBeNull()
    expect(() => patchDocument(context, items, id, {})).toThrow(`Update on nonexistent document ID ${id}`)
    expect(() => replaceDocument(context, items, id, { text: '' })).toThrow(`Replace on nonexistent document ID ${id}`)
    expect(() => deleteDocument(context, id)).toThrow(`Delete on nonexistent document ID ${id}`)
  })
})

describe('the limits of a function', () => {
  it('count each document that is read, inserted, changed and deleted', () => {
    const id = insertDocument(context, items, { text: 'a' })
    patchDocument(context, items, id, { text: 'b' })
    getDocument(context, id)
    deleteDocument(context, id)
    expect(context.meter.metrics).toMatchObject({ documentsRead: { used: 3 }, documentsWritten: { used: 3 }, databaseQueries: { used: 1 } })
  })

  it('refuse the 16,001st write', () => {
    for (let index = 0; index < 16_000; index++)
      insertDocument(context, free, {})
    expect(() => insertDocument(context, free, {})).toThrow('Too many writes in a single function execution (limit: 16000)')
    expect(transaction.buffer.writes).toHaveLength(16_000)
  })
})
