import { anyApi } from 'convex/server'
import { describe, expect, it } from 'vitest'
import { writeFunctions } from '../functions-folder.ts'
import { startApp, startTestApp } from '../start-app.ts'

const NOTES = `
  import { mutationGeneric, queryGeneric } from 'convex/server'
  export const add = mutationGeneric(async (ctx, { table = 'notes', ...fields }) => await ctx.db.insert(table, fields))
  export const count = queryGeneric(async ctx => (await ctx.db.query('notes').collect()).length)
  export const replace = mutationGeneric(async (ctx, { id, ...fields }) => { await ctx.db.replace(id, fields) })`
const { notes } = anyApi as Record<string, any>

/** A schema with a table `notes` that has these fields and indexes, and with further tables. */
function schema(fields: string, { indexes = '', tables = '' } = {}): string {
  return `
    import { defineSchema, defineTable } from 'convex/server'
    import { v } from 'convex/values'
    export default defineSchema({ notes: defineTable({ ${fields} })${indexes}, ${tables} })`
}

function refusal(files: Record<string, string>): Promise<{ code: string, message: string }> {
  return startApp(files).then(() => ({ code: 'none', message: 'The deployment has started.' }), error => error)
}

describe('a schema', () => {
  it('is enforced for records, int64 literals, objects and unions', async () => {
    const fields = `
      counts: v.optional(v.record(v.string(), v.number())),
      version: v.optional(v.literal(1n)),
      nested: v.optional(v.object({ a: v.optional(v.string()) })),
      kind: v.optional(v.union(v.literal('a'), v.object({ b: v.null() }))),`
    const { deployment } = await startTestApp({ 'notes.ts': NOTES, 'schema.ts': schema(fields) })
    const accepted = [{ counts: {} }, { counts: { a: 1 } }, { version: 1n }, { nested: {} }, { kind: 'a' }, { kind: { b: null } }]
    for (const document of accepted)
      await deployment.mutation(notes.add, document)
    const refused = [{ counts: { a: 'x' } }, { counts: [1] }, { counts: 5 }, { version: 2n }, { version: 1 }, { nested: null }, { nested: { b: 1 } }, { kind: 'b' }, { kind: {} }]
    for (const document of refused) {
      await expect(deployment.mutation(notes.add, document), JSON.stringify(Object.keys(document)))
        .rejects
        .toThrow('Failed to insert or update a document in table "notes" because it does not match the schema: ')
    }
    expect(await deployment.query(notes.count)).toBe(accepted.length)
  })

  it('checks that an id belongs to the table, and that a replaced document matches', async () => {
    const { deployment } = await startTestApp({ 'notes.ts': NOTES, 'schema.ts': schema('text: v.string()', { tables: 'links: defineTable({ note: v.id("notes") })' }) })
    const id = await deployment.mutation(notes.add, { text: 'x' })
    const link = await deployment.mutation(notes.add, { table: 'links', note: id })
    await expect(deployment.mutation(notes.add, { table: 'links', note: link })).rejects.toThrow(`Found ID "${link}" from table \`links\``)
    await expect(deployment.mutation(notes.add, { table: 'links', note: 'made up' })).rejects.toThrow('Value does not match validator.')
    await expect(deployment.mutation(notes.replace, { id, text: 1 })).rejects.toThrow('Path: .text')
  })

  it('allows tables that it does not contain', async () => {
    const { deployment } = await startTestApp({ 'notes.ts': NOTES, 'schema.ts': schema('text: v.string()') })
    expect(await deployment.mutation(notes.add, { table: 'free', any: [1n] })).toEqual(expect.any(String))
  })

  it('is refused if existing documents do not match it, and the previous functions remain', async () => {
    const { deployment, folder } = await startTestApp({ 'notes.ts': NOTES, 'schema.ts': schema('text: v.optional(v.string())') })
    const id = await deployment.mutation(notes.add, {})
    await writeFunctions(folder, { 'schema.ts': schema('text: v.string()') })
    await expect(deployment.reload()).rejects.toMatchObject({
      code: 'FUNCTIONS_INVALID',
      why: expect.stringContaining(`Document with ID "${id}" in table "notes" does not match the schema: Object is missing the required field \`text\``),
    })
    await deployment.mutation(notes.add, {})
    expect(await deployment.query(notes.count)).toBe(2)

    await writeFunctions(folder, { 'schema.ts': schema('text: v.null()', { tables: '' }) })
    await expect(deployment.reload()).rejects.toMatchObject({ code: 'FUNCTIONS_INVALID' })
    await writeFunctions(folder, { 'schema.ts': schema('text: v.optional(v.any())') })
    await deployment.reload()
    expect(await deployment.query(notes.count)).toBe(2)
  })

  it.each([
    ['an index of an unknown field', schema('text: v.string()', { indexes: '.index("by_x", ["x"])' }), 'references the field "x" that does not exist'],
    ['a name of a table that is not an identifier', schema('text: v.string()', { tables: '"bad name": defineTable({})' }), 'Invalid table name: "bad name"'],
  ])('is refused when the deployment starts: %s', async (_, schema, message) => {
    expect(await refusal({ 'notes.ts': NOTES, 'schema.ts': schema })).toMatchObject({ code: 'FUNCTIONS_INVALID', message: expect.stringContaining(message) })
  })
})

describe('auth.config', () => {
  it('is refused when the deployment starts if it reads a variable that is not set', async () => {
    const files = { 'notes.ts': NOTES, 'auth.config.ts': 'export default { providers: [{ domain: process.env.ISSUER, applicationID: "app" }] }\n' }
    expect(await refusal(files)).toMatchObject({
      code: 'FUNCTIONS_INVALID',
      message: expect.stringContaining('Environment variable ISSUER is used in auth config file but its value was not set.'),
    })
  })
})
