import { describe, expect, it } from 'vitest'
import { handlerOf, loadFunctions } from './functions-host.ts'

const BUILDERS = `import { actionGeneric as action, mutationGeneric as mutation, queryGeneric as query } from 'convex/server'
import { ConvexError, v } from 'convex/values'
`

describe('FunctionsHost.invoke', () => {
  it('runs queries, mutations and actions and answers their system calls', async () => {
    const { value } = await loadFunctions({
      'things.ts': `${BUILDERS}
        export const sum = query({ args: { a: v.number() }, handler: (_, { a }) => a + 1 })
        export const get = query({ handler: ctx => ctx.db.get('some-id') })
        export const list = query({ handler: ctx => ctx.db.query('things').collect() })
        export const add = mutation({ handler: ctx => ctx.db.insert('things', { text: 'hi' }) })
        export const act = action({ handler: ctx => ctx.runQuery('things:sum', { a: 3 }) })
        export const normalize = query({ handler: ctx => ctx.db.normalizeId('things', 'x') })`,
    })

    expect(await value('things:sum', { args: { a: 2 } })).toBe(3)
    expect(await value('things:get', { answers: { '1.0/get': ({ args }) => ({ _id: args.id }) } })).toEqual({ _id: 'some-id' })
    const pages: unknown[] = []
    const rows = (args: unknown) => {
      pages.push(args)
      return pages.length === 1 ? { ok: true, rows: ['{"n":1}', '{"n":2}'], isDone: false } : { ok: true, rows: ['{"n":3}'], isDone: true }
    }
    expect(await value('things:list', { answers: { '1.0/queryStreamNext': ({ args }) => rows(args) } })).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }])
    expect(pages).toEqual([{ queryId: expect.any(Number), query: expect.objectContaining({ source: expect.anything() }), version: expect.any(String) }, { queryId: expect.any(Number) }])
    expect(await value('things:add', { answers: { '1.0/insert': ({ args }) => ({ _id: args.table }) } })).toBe('things')
    expect(await value('things:act', { answers: { '1.0/actions/query': ({ args }) => args.args.a } })).toBe(3)
    expect(await value('things:normalize', { answers: { '1.0/db/normalizeId': ({ args }) => ({ id: args.idString }) } })).toBe('x')
  })

  it('returns each row of a query once if a function requests several rows together', async () => {
    const { value } = await loadFunctions({
      'things.ts': `${BUILDERS}
        export const three = query({ handler: async (ctx) => {
          const rows = ctx.db.query('things')[Symbol.asyncIterator]()
          return await Promise.all([rows.next(), rows.next(), rows.next()])
        } })`,
    })
    let answers = 0
    const rows = (): unknown => {
      answers += 1
      return { ok: true, rows: answers === 1 ? ['{"n":1}', '{"n":2}'] : ['{"n":3}'], isDone: answers > 1 }
    }

    const results = await value('things:three', { answers: { '1.0/queryStreamNext': rows } })
    expect(results.map((result: { value: unknown }) => result.value)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }])
  })

  it('describes functions, schema, crons and routes', async () => {
    const { host } = await loadFunctions({
      'schema.ts': `import { defineSchema, defineTable } from 'convex/server'
        import { v } from 'convex/values'
        export default defineSchema({ things: defineTable({ text: v.string() }).index('by_text', ['text']) })`,
      'crons.ts': `import { cronJobs, makeFunctionReference } from 'convex/server'
        const crons = cronJobs()
        crons.interval('tick', { minutes: 1 }, makeFunctionReference('things:tick'))
        export default crons`,
      'http.ts': `import { httpActionGeneric, httpRouter } from 'convex/server'
        const http = httpRouter()
        http.route({ path: '/hi', method: 'GET', handler: httpActionGeneric(async () => new Response('hi')) })
        export default http`,
      'auth.config.ts': 'export default { providers: [{ domain: process.env.ISSUER, applicationID: process.env.APP }] }',
      'things.ts': `import { internalMutationGeneric } from 'convex/server'
        import { v } from 'convex/values'
        export const tick = internalMutationGeneric({ args: { a: v.string() }, returns: v.null(), handler: () => null })
        export const helper = () => 1`,
    }, { environments: { '': { ISSUER: 'https://issuer' } } })

    const [app] = host.description.components
    expect(app!.functions).toEqual([{
      name: 'things:tick',
      module: 'things',
      export: 'tick',
      kind: 'mutation',
      visibility: 'internal',
      runtime: 'default',
      argsValidator: '{"type":"object","value":{"a":{"fieldType":{"type":"string"},"optional":false}}}',
      returnsValidator: '{"type":"null"}',
    }])
    expect(JSON.parse(app!.schemaJson!)).toMatchObject({ tables: [{ tableName: 'things' }] })
    expect(JSON.parse(app!.cronsJson!)).toMatchObject({ tick: { name: 'things:tick' } })
    expect(app!.routes).toEqual([{ path: '/hi', method: 'GET' }])
    expect(host.description.authConfig).toEqual({ json: '{"providers":[{"domain":"https://issuer"}]}', unsetVariables: ['APP'] })
  })

  it('passes the bytes of files in both directions', async () => {
    const { value } = await loadFunctions({
      'files.ts': `${BUILDERS}
        export const store = action({ handler: ctx => ctx.storage.store(new Blob(['hello'], { type: 'text/plain' }), { sha256: 'x' }) })
        export const read = action({ handler: async (ctx) => {
          const file = await ctx.storage.get('file-id')
          return [file instanceof Blob, file.type, await file.text()]
        } })
        export const missing = action({ handler: ctx => ctx.storage.get('file-id') })`,
    })
    const stored: unknown[] = []
    const store = ({ args, bytes }: { args: unknown, bytes?: Uint8Array }) => {
      stored.push(args, new TextDecoder().decode(bytes))
      return 'file-id'
    }
    const get = () => ({ ok: true, json: '{"contentType":"image/png"}', bytes: new TextEncoder().encode('pixels') })

    expect(await value('files:store', { answers: { 'storage/storeBlob': store } })).toBe('file-id')
    expect(stored).toEqual([{ contentType: 'text/plain', sha256: 'x' }, 'hello'])
    expect(await value('files:read', { answers: { 'storage/getBlob': get } })).toEqual([true, 'image/png', 'pixels'])
    expect(await value('files:missing')).toBeNull()
  })

  it('reports when a function stops reading the rows of a query before their end', async () => {
    const { host } = await loadFunctions({
      'rows.ts': `${BUILDERS}
        export const first = query({ handler: async (ctx) => {
          for await (const row of ctx.db.query('things'))
            return row
        } })`,
    })
    const closed: number[] = []
    const { result } = host.invoke({ kind: 'query', component: '', module: 'rows', export: 'first', argsJson: '[{}]', requestId: '', now: 0, seed: 0 }, {
      ...handlerOf({ '1.0/queryStreamNext': () => ({ ok: true, rows: ['1', '2'], isDone: false }) }),
      closeQuery: queryId => closed.push(queryId),
    })

    expect((await result).outcome).toEqual({ status: 'success', json: '1' })
    expect(closed).toEqual([expect.any(Number)])
  })
})
