import type { TableDefinition } from 'convex/server'
import type { SchemaJSON } from '../../../src/testing/engine/schema.ts'
import { defineSchema, defineTable } from 'convex/server'
import { v } from 'convex/values'
import { describe, expect, it } from 'vitest'
import { checkSchemaDefinition, checkTableName } from '../../../src/testing/engine/schema-definition.ts'
import { DocumentSchema } from '../../../src/testing/engine/schema.ts'

function exportSchema(tables: Record<string, TableDefinition<any, any, any, any>>, options?: { schemaValidation: boolean }): SchemaJSON {
  const schema = defineSchema(tables, options as never) as unknown as { export: () => string }
  return JSON.parse(schema.export())
}

function schemaOf(...args: Parameters<typeof exportSchema>): DocumentSchema {
  return new DocumentSchema(exportSchema(...args), id => id === 'user1' ? 'users' : undefined)
}

const system = { _id: 'id', _creationTime: 1 }

describe('DocumentSchema', () => {
  it('refuses a document that does not match the schema', () => {
    const schema = schemaOf({ items: defineTable({ text: v.string() }) })
    expect(() => schema.checkWrite('items', { ...system, text: '' })).not.toThrow()
    expect(() => schema.checkWrite('items', { ...system })).toThrow('Failed to insert or update a document in table "items" '
      + 'because it does not match the schema: Object is missing the required field `text`. Consider wrapping the field '
      + 'validator in `v.optional(...)` if this is expected.\n\nObject: {}\nValidator: v.object({text: v.string()})')
    expect(() => schema.checkWrite('items', { ...system, text: '', more: 1 })).toThrow('Object contains extra field `more`')
  })

  it('refuses a value that does not match the validator of a record', () => {
    const schema = schemaOf({ items: defineTable({ counts: v.record(v.string(), v.number()) }) })
    expect(() => schema.checkWrite('items', { ...system, counts: { a: 1 } })).not.toThrow()
    for (const counts of [{ a: 'x' }, [1], 5])
      expect(() => schema.checkWrite('items', { ...system, counts: counts as never })).toThrow('does not match the schema')
  })

  it('accepts the literal of an int64', () => {
    const schema = schemaOf({ items: defineTable({ version: v.literal(1n) }) })
    expect(() => schema.checkWrite('items', { ...system, version: 1n })).not.toThrow()
    expect(() => schema.checkWrite('items', { ...system, version: 2n })).toThrow('`2` does not match literal validator')
  })

  it('refuses null for an object, and names the field', () => {
    const schema = schemaOf({ items: defineTable({ nested: v.object({}) }) })
    expect(() => schema.checkWrite('items', { ...system, nested: null })).toThrow('Path: .nested\nValue: null\nValidator: v.object({})')
  })

  it('refuses ids of another table than the validator names', () => {
    const schema = schemaOf({ items: defineTable({ user: v.id('users') }), others: defineTable({ item: v.id('items') }) })
    expect(() => schema.checkWrite('items', { ...system, user: 'user1' })).not.toThrow()
    expect(() => schema.checkWrite('items', { ...system, user: '123users' })).toThrow('Value does not match validator.')
    expect(() => schema.checkWrite('others', { ...system, item: 'user1' })).toThrow('Found ID "user1" from table `users`')
  })

  it('accepts a document that matches a member of a union, and ignores system fields', () => {
    const schema = schemaOf({ items: defineTable(v.union(
      v.object({ kind: v.literal('a'), _id: v.id('items'), _creationTime: v.number() }),
      v.object({ kind: v.literal('b') }),
    )) })
    expect(() => schema.checkWrite('items', { ...system, kind: 'a' })).not.toThrow()
    expect(() => schema.checkWrite('items', { ...system, kind: 'b' })).not.toThrow()
    expect(() => schema.checkWrite('items', { ...system, kind: 'c' })).toThrow('Value does not match validator.')
  })

  it('accepts all documents of a table that is not in the schema, or is not validated', () => {
    expect(() => schemaOf({}).checkWrite('other', { ...system, any: 1 })).not.toThrow()
    const unvalidated = schemaOf({ items: defineTable({ text: v.string() }) }, { schemaValidation: false })
    expect(() => unvalidated.checkWrite('items', { ...system, text: 1 })).not.toThrow()
    expect(() => new DocumentSchema(null, () => undefined).checkWrite('items', { ...system, a: 1 })).not.toThrow()
  })

  it('refuses a new schema that existing documents do not match', () => {
    const schema = schemaOf({ items: defineTable({ text: v.string() }) })
    expect(() => schema.checkExisting('items', [{ ...system, text: '' }])).not.toThrow()
    expect(() => schema.checkExisting('items', [{ ...system, text: '' }, { ...system, _id: 'second' }]))
      .toThrow('Document with ID "second" in table "items" does not match the schema: Object is missing the required field `text`.')
  })
})

describe('checkSchemaDefinition()', () => {
  const fields = { a: v.string(), b: v.optional(v.object({ c: v.number() })), vector: v.optional(v.array(v.float64())), text: v.string() }
  const table = () => defineTable(fields)
  const manyFields = Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`f${index}`, v.any()]))
  const long = 'a'.repeat(65)

  it('accepts the definitions that Convex accepts', () => {
    expect(() => checkSchemaDefinition(exportSchema({
      items: table().index('by_a', ['a']).index('by_a_c', ['a', 'b.c']).searchIndex('by_text', { searchField: 'text', filterFields: ['a', 'b.c'] }).vectorIndex('by_vector', { vectorField: 'vector', dimensions: 4096, filterFields: ['a'] }),
      anything: defineTable(v.any()).index('by_x', ['x.y']).vectorIndex('by_v', { vectorField: 'v', dimensions: 2 }),
      union: defineTable(v.union(v.object({ a: v.null() }), v.object({ b: v.null() }))).index('by_b', ['b']),
    }))).not.toThrow()
  })

  it.each<[string, () => TableDefinition<any, any, any, any>, string]>([
    ['an unknown field of an index', () => table().index('by_x', ['x' as never]), 'In table "items" the index "by_x" is invalid because it references the field "x" that does not exist.'],
    ['an unknown nested field', () => table().index('by_x', ['b.x' as never]), 'references the field "b.x" that does not exist.'],
    ['a field of a scalar', () => table().index('by_x', ['a.x' as never]), 'references the field "a.x" that does not exist.'],
    ['an unknown search field', () => table().searchIndex('by_x', { searchField: 'x' as never }), 'the index "by_x" is invalid because it references the field "x" that does not exist.'],
    ['an unknown filter field', () => table().searchIndex('by_x', { searchField: 'text', filterFields: ['x' as never] }), 'references the field "x" that does not exist.'],
    ['an unknown vector field', () => table().vectorIndex('by_x', { vectorField: 'x' as never, dimensions: 2 }), 'references the field "x" that does not exist.'],
    ['a vector index on a string', () => table().vectorIndex('by_x', { vectorField: 'text', dimensions: 2 }), 'In table "items" the vector index "by_x" is invalid because it references the field "text" that is neither an array of float64'],
    ['two indexes with the same fields', () => table().index('by_a', ['a']).index('also', ['a']), 'In table "items" index "also" and index "by_a" have the same fields.'],
    ['two indexes with the same name', () => table().index('by_a', ['a']).searchIndex('by_a', { searchField: 'text' }), 'Table "items" has two or more definitions of index "by_a".'],
    ['a staged index with the name of another', () => table().index('by_a', ['a']).index('by_a', { fields: ['text'], staged: true } as never), 'Table "items" has two or more definitions of index "by_a".'],
    ['the name by_id', () => table().index('by_id', ['a']), 'In table "items" cannot name an index "by_id" because the name is reserved.'],
    ['the name by_creation_time', () => table().index('by_creation_time', ['a']), 'because the name is reserved.'],
    ['a name with an underscore first', () => table().index('_a', ['a']), 'In table "items" cannot name an index "_a" because the name is reserved.'],
    ['a name of over 64 characters', () => table().index(long, ['a']), `Invalid index name: "${long}". A name begins with a letter`],
    ['a name with a hyphen', () => table().index('by-a', ['a']), 'Invalid index name: "by-a".'],
    ['an index of no fields', () => table().index('by_a', [] as never), 'In table "items" index "by_a" must have at least one field.'],
    ['_creationTime in an index', () => table().index('by_a', ['a', '_creationTime'] as never), 'In table "items": In index "by_a": `_creationTime` is automatically added to the end of each index.'],
    ['_id in an index', () => table().index('by_a', ['_id'] as never), '`_id` is not a valid index field.'],
    ['a reserved field in an index', () => table().index('by_a', ['_x'] as never), 'Reserved fields (starting with `_`) are not allowed in indexes.'],
    ['a field twice in an index', () => table().index('by_a', ['a', 'a'] as never), 'Duplicate field "a". An index contains each field once.'],
    ['17 fields in an index', () => defineTable(manyFields).index('by_f', Object.keys(manyFields) as never), 'Indexes may have up to 16 fields.'],
    ['17 filter fields', () => defineTable(manyFields).searchIndex('by_f', { searchField: 'f0', filterFields: Object.keys(manyFields) as never }), 'Search indexes may have up to 16 filter fields.'],
    ['an invalid path of a field', () => table().index('by_a', ['a..b'] as never), 'In index "by_a": Invalid index field: "a..b"'],
    ['one dimension', () => table().vectorIndex('by_v', { vectorField: 'vector', dimensions: 1 }), 'Dimensions 1 must be between 2 and 4096.'],
    ['4,097 dimensions', () => table().vectorIndex('by_v', { vectorField: 'vector', dimensions: 4097 }), 'Dimensions 4097 must be between 2 and 4096.'],
    ['two search indexes of one field', () => table().searchIndex('one', { searchField: 'text' }).searchIndex('two', { searchField: 'text' }), 'search index "two" and search index "one" have the same `searchField`.'],
    ['two vector indexes of one field', () => table().vectorIndex('one', { vectorField: 'vector', dimensions: 2 }).vectorIndex('two', { vectorField: 'vector', dimensions: 2 }), 'vector index "two" and vector index "one" have the same `vectorField`.'],
    ['65 indexes', () => Array.from({ length: 65 }).reduce<any>((all, _, index) => all.index(`i${index}`, ['a']), table()), 'Table "items" cannot have more than 64 indexes.'],
    ['a document that is not an object', () => defineTable(v.string() as never), 'The document validator in a schema must be an object, a union of objects, or `v.any()`. Found v.string().'],
    ['a record as document', () => defineTable(v.record(v.string(), v.any()) as never), 'must be an object, a union of objects, or `v.any()`.'],
    ['an invalid name of a field', () => defineTable({ 'a-b': v.string() }), 'Invalid field name in a validator: "a-b".'],
  ])('refuses %s', (_, define, message) => {
    expect(() => checkSchemaDefinition(exportSchema({ items: define() }))).toThrow(message)
  })

  it('accepts indexes of unknown fields if the validators of the schema are not enforced', () => {
    const schema = exportSchema({ items: table().index('by_x', ['x' as never]) }, { schemaValidation: false })
    expect(() => checkSchemaDefinition(schema)).not.toThrow()
  })

  it.each([
    ['bad name', 'Invalid table name: "bad name".'],
    ['1items', 'Invalid table name: "1items".'],
    ['', 'Invalid table name: "".'],
    ['_items', '_items is a reserved table name.'],
    [long, 'Invalid table name'],
  ])('refuses the table name %o', (name, message) => {
    expect(() => checkSchemaDefinition(exportSchema({ [name]: table() }))).toThrow(message)
    expect(() => checkTableName(name)).toThrow(message)
  })
})
