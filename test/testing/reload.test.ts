import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { anyApi } from 'convex/server'
import { describe, expect, it, vi } from 'vitest'
import { codegen } from '../../src/testing/index.ts'
import { expectConsole } from '../support/environment/console-guard.ts'
import { eventually } from '../support/environment/eventually.ts'
import { writeFunctions } from './functions-folder.ts'
import { add, RawClient } from './raw-client.ts'
import { startTestApp } from './start-app.ts'

function notes(greeting: string): string {
  return `
  import { mutationGeneric, queryGeneric } from 'convex/server'
  export const list = queryGeneric(async ctx => (await ctx.db.query('notes').collect()).map(note => ${JSON.stringify(greeting)} + note.text))
  export const add = mutationGeneric(async (ctx, { text }) => { await ctx.db.insert('notes', { text }) })
`
}
function schema(fields: string): string {
  return `
  import { defineSchema, defineTable } from 'convex/server'
  import { v } from 'convex/values'
  export default defineSchema({ notes: defineTable({ ${fields} }) })
`
}

describe('a reload', () => {
  it('runs the new functions on the same data, and runs live queries again', async () => {
    const { deployment, folder } = await startTestApp({ 'notes.ts': notes('one: ') })
    await deployment.mutation(anyApi.notes!.add!, { text: 'x' })
    const client = await RawClient.open(deployment.url)
    client.modify(0, add(1, 'notes:list'))
    expect((await client.next()).modifications).toMatchObject([{ value: ['one: x'] }])

    await writeFunctions(folder, { 'notes.ts': notes('two: '), 'more/deep.ts': notes('deep: ') })
    await deployment.reload()
    expect((await client.next()).modifications).toMatchObject([{ value: ['two: x'] }])
    expect(await deployment.query(anyApi['more/deep']!.list!)).toEqual(['deep: x'])
  })

  it('applies the new schema', async () => {
    const { deployment, folder } = await startTestApp({ 'notes.ts': notes(''), 'schema.ts': schema('text: v.string()') })
    await expect(deployment.mutation(anyApi.notes!.add!, { text: 1 })).rejects.toThrow('Failed to insert or update a document in table "notes" because it does not match the schema: Value does not match validator.\nPath: .text\nValue: 1.0\nValidator: v.string()')
    await writeFunctions(folder, { 'schema.ts': schema('text: v.number()') })
    await deployment.reload()
    await deployment.mutation(anyApi.notes!.add!, { text: 1 })
    await expect(deployment.mutation(anyApi.notes!.add!, { text: 'x' })).rejects.toThrow('Validator: v.float64()')
  })

  it('is refused if the files cannot be bundled or evaluated, and keeps the functions', async () => {
    const { deployment, folder } = await startTestApp({ 'notes.ts': notes('still ') })
    await writeFunctions(folder, { 'notes.ts': 'export const list = (' })
    await expect(deployment.reload()).rejects.toMatchObject({ code: 'FUNCTIONS_INVALID', why: expect.stringContaining('notes.ts:1:') })
    await writeFunctions(folder, { 'notes.ts': 'export {}\nthrow new Error("no such luck")' })
    await expect(deployment.reload()).rejects.toMatchObject({ code: 'FUNCTIONS_INVALID', why: expect.stringContaining('no such luck') })
    await deployment.mutation(anyApi.notes!.add!, { text: 'here' })
    expect(await deployment.query(anyApi.notes!.list!)).toEqual(['still here'])
  })

  it('replaces the crons', async () => {
    const crons = (name: string): string => `
      import { cronJobs } from 'convex/server'
      const crons = cronJobs()
      crons.interval('job', { minutes: 1 }, ${JSON.stringify('notes:add')} as any, { text: ${JSON.stringify(name)} })
      export default crons`
    const { deployment, folder } = await startTestApp({ 'notes.ts': notes(''), 'crons.ts': crons('first').replace('"notes:add" as any', 'anyApi.notes.add').replace('{ cronJobs }', '{ anyApi, cronJobs }') })
    // An interval begins with a run when it is deployed.
    await eventually(() => deployment.query(anyApi.notes!.list!)).toEqual(['first'])
    await deployment.settled()
    await deployment.advanceClock(60_000)
    await eventually(() => deployment.query(anyApi.notes!.list!)).toEqual(['first', 'first'])
    await deployment.settled()
    await writeFunctions(folder, { 'crons.ts': '' })
    await deployment.reload()
    await deployment.advanceClock(600_000)
    await deployment.settled()
    expect(await deployment.query(anyApi.notes!.list!)).toEqual(['first', 'first'])
  })
})

describe('a watched folder', () => {
  it('is reloaded when a file changes', async () => {
    const { deployment, folder } = await startTestApp({ 'notes.ts': notes('one: ') }, { watch: true })
    await deployment.mutation(anyApi.notes!.add!, { text: 'x' })
    await writeFunctions(folder, { 'notes.ts': notes('two: ') })
    await eventually(() => deployment.query(anyApi.notes!.list!)).toEqual(['two: x'])
  })

  it('has generated types at the start, and updates them when a module is added', async () => {
    const { deployment, folder } = await startTestApp({ 'notes.ts': notes('one: ') }, { watch: true })
    const types = (): Promise<string> => readFile(join(folder, '_generated/api.d.ts'), 'utf8')
    expect(await types()).toContain('"notes": typeof')

    await writeFunctions(folder, { 'more/deep.ts': notes('deep: ') })
    await eventually(types).toContain('"more/deep": typeof')
    await eventually(() => deployment.query(anyApi['more/deep']!.list!).catch(String)).toEqual([])
  })

  it('has the types of a new module although another file cannot be loaded', async () => {
    const { folder } = await startTestApp({ 'notes.ts': notes('one: ') }, { watch: true })
    await writeFunctions(folder, { 'notes.ts': 'export {}\nthrow new Error("half written")', 'more.ts': notes('more: ') })
    await eventually(() => readFile(join(folder, '_generated/api.d.ts'), 'utf8')).toContain('"more": typeof')
    await eventually(() => vi.mocked(console.error).mock.calls.join()).toContain('half written')
    expectConsole(/FUNCTIONS_INVALID.*half written/s)
  })

  it('does not rewrite generated files that are up to date', async () => {
    const { folder } = await startTestApp({ 'notes.ts': notes('one: ') }, { watch: true })
    const file = join(folder, '_generated/api.d.ts')
    const { mtimeMs } = await stat(file)
    await codegen({ functions: folder })
    expect((await stat(file)).mtimeMs).toBe(mtimeMs)
  })
})
