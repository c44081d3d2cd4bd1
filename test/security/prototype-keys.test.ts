import { useConvexMutation, useConvexQueries, useConvexQuery } from 'convue'
import { createConvexServer } from 'convue/server'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { api } from '../support/scripted/scripted-api.ts'
import { ScriptedPage, setupScriptedPage } from '../support/scripted/scripted-page.ts'

/** A value that `JSON.parse` can return for a text of another user. */
const hostile = (extra = ''): any => JSON.parse(`{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}}${extra}}`)

let page: ScriptedPage
afterEach(() => {
  expect(({} as any).isAdmin).toBeUndefined()
  expect((() => {}).prototype).toBeUndefined()
  expect(Object.keys(Object.prototype)).toEqual([])
})
setupScriptedPage()
beforeEach(() => {
  page = new ScriptedPage()
  page.deployment.functions.set('values:echo', ({ value }) => value)
  page.deployment.functions.set('values:set', () => null)
  page.deployment.functions.set('messages:count', ({ channel }) => channel.length)
})

describe('convue › arguments with keys such as `__proto__`', () => {
  it('are sent as data by useConvexQuery, and add no property to other objects', async () => {
    const { result } = page.run(() => useConvexQuery(api.values.echo, { value: hostile() }))
    await page.tick()
    expect(result.status.value).toBe('success')
    expect((result.data.value as any).isAdmin).toBeUndefined()
    const { args } = page.deployment.executions[0]!
    expect(Object.keys(args)).toEqual(['value'])
    expect((args.value as any).isAdmin).toBeUndefined()
    expect(Object.hasOwn(args.value as object, 'constructor')).toBe(true)
  })

  it('are sent as data by useConvexMutation', async () => {
    const { result } = page.run(() => useConvexMutation(api.values.set))
    await page.tick()
    void result.mutate({ value: hostile(',"text":"a"') })
    await page.tick()
    const value: any = page.deployment.executions[0]!.args.value
    expect(Object.keys(value)).toEqual(['constructor', 'text'])
    expect(value.isAdmin).toBeUndefined()
  })

  it('share a query with the same arguments without these keys, if Convex does not send the keys', async () => {
    const { result } = page.run(() => ['{}', '{"__proto__":{"value":2}}'].map(text => useConvexQuery(api.values.echo, { value: 1, ...JSON.parse(text) })))
    await page.tick()
    expect(result.map(({ data }) => data.value)).toEqual([1, 1])
    expect(page.deployment.executions).toHaveLength(1)
  })

  it('are sent as data by createConvexServer', async () => {
    const bodies: any[] = []
    const server = createConvexServer({
      convexUrl: page.deployment.url,
      convexSiteUrl: 'https://scripted-deployment.convex.site',
      fetch: async (_input, init) => {
        bodies.push(JSON.parse(String(init!.body)))
        return Response.json({ status: 'success', value: hostile() })
      },
    })
    const { fetchAuthQuery, preloadAuthQuery } = server.forRequest(new Request('https://app.example.com'))
    const value = await fetchAuthQuery(api.values.echo, { value: hostile() })
    const preloaded = await preloadAuthQuery(api.values.echo, { value: hostile() })
    for (const thing of [value, preloaded, preloaded.args, preloaded.value])
      expect(Object.keys(thing as object)).not.toContain('isAdmin')
    expect(bodies.map(({ args }) => Object.keys(args[0].value))).toEqual([['constructor'], ['constructor']])
  })
})

describe('useConvexQueries › keys that another user has chosen', () => {
  it.each(['__proto__', 'constructor', 'toString', 'data'])('are treated like any other key of the record: %s', async (id) => {
    const { result: results } = page.run(() => useConvexQueries(() => Object.fromEntries(['first', id].map(key => [key, { query: api.messages.count, args: { channel: key } }]))))
    await page.tick()
    expect(Object.keys(results).sort()).toEqual(['first', id].sort())
    expect((results as any)[id].data).toBe(id.length)
    expect(results.first!.data).toBe('first'.length)
    expect((results as any).status).toBeUndefined()
  })
})
