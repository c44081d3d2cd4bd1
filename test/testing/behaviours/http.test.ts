import type { Deployment } from '../../../src/testing/index.ts'
import { anyApi } from 'convex/server'
import { beforeAll, describe, expect, it } from 'vitest'
import { startApp } from '../start-app.ts'

const files = {
  'http.ts': `
    import { httpActionGeneric as httpAction, httpRouter } from 'convex/server'
    const http = httpRouter()
    const answer = text => httpAction(async () => new Response(text, { headers: { 'x-text': text } }))
    http.route({ path: '/exact', method: 'GET', handler: answer('exact') })
    http.route({ pathPrefix: '/exact/', method: 'GET', handler: answer('prefix') })
    http.route({ pathPrefix: '/exact/longer/', method: 'GET', handler: answer('longer prefix') })
    http.route({ path: '/moved', method: 'GET', handler: httpAction(async () => new Response(null, { status: 302, headers: { location: '/exact' } })) })
    http.route({
      path: '/stream',
      method: 'POST',
      handler: httpAction(async (_ctx, request) => new Response(new ReadableStream({
        async start(controller) {
          controller.enqueue(new TextEncoder().encode(await request.text()))
          await new Promise(resolve => setTimeout(resolve, 300_000))
          controller.enqueue(new TextEncoder().encode('five minutes later'))
          controller.close()
        },
      }))),
    })
    http.route({ path: '/empty', method: 'GET', handler: httpAction(async () => new Response(null, { status: 204 })) })
    export default http`,
  'files.ts': `
    import { actionGeneric, mutationGeneric, queryGeneric } from 'convex/server'
    export const uploadUrl = mutationGeneric(ctx => ctx.storage.generateUploadUrl())
    export const url = queryGeneric((ctx, { id }) => ctx.storage.getUrl(id))
    export const remove = mutationGeneric((ctx, { id }) => ctx.storage.delete(id))
    export const read = actionGeneric(async (ctx, { id }) => await (await ctx.storage.get(id))?.text() ?? null)`,
}
const { files: stored } = anyApi as Record<string, any>

let deployment: Deployment
beforeAll(async () => {
  const app = await startApp(files)
  deployment = app.deployment
  return app.close
})

async function request(path: string, method = 'GET'): Promise<[status: number, text: string | null, body: string]> {
  const response = await fetch(`${deployment.siteUrl}${path}`, { method, redirect: 'manual' })
  return [response.status, response.headers.get('x-text'), await response.text()]
}

describe('the routes of http.ts', () => {
  it('match an exact path first, then the longest prefix', async () => {
    expect(await request('/exact')).toEqual([200, 'exact', 'exact'])
    expect(await request('/exact/a')).toEqual([200, 'prefix', 'prefix'])
    expect(await request('/exact/longer/a')).toEqual([200, 'longer prefix', 'longer prefix'])
  })

  it('answer HEAD as GET, without the body', async () => {
    expect(await request('/exact', 'HEAD')).toEqual([200, 'exact', ''])
  })

  it.each([['/exact', 'POST'], ['/exact', 'OPTIONS'], ['/nothing', 'GET'], ['/exactly', 'GET']])('answer 404 if none matches: %s %s', async (path, method) => {
    expect(await request(path, method)).toEqual([404, null, 'No matching routes found'])
  })

  it('may redirect and answer without a body', async () => {
    const response = await fetch(`${deployment.siteUrl}/moved`, { redirect: 'manual' })
    expect([response.status, response.headers.get('location')]).toEqual([302, '/exact'])
    expect(await request('/empty')).toEqual([204, null, ''])
  })
})

describe('a response of an HTTP action', () => {
  it('reaches the client part by part', async () => {
    const response = await fetch(`${deployment.siteUrl}/stream`, { method: 'POST', body: 'at once' })
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    expect(await reader.read()).toEqual({ done: false, value: 'at once' })
    await deployment.advanceClock(300_000)
    expect(await reader.read()).toEqual({ done: false, value: 'five minutes later' })
    expect((await reader.read()).done).toBe(true)
  })
})

describe('the API', () => {
  it('allows pages of the app to use every method, which browsers may cache for a day', async () => {
    const { headers, status } = await fetch(`${deployment.url}/api/mutation`, {
      method: 'OPTIONS',
      headers: { 'origin': 'http://localhost:5173', 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' },
    })
    expect(status).toBe(204)
    expect(Object.fromEntries(headers)).toMatchObject({
      'access-control-allow-origin': 'http://localhost:5173',
      'access-control-allow-credentials': 'true',
      'access-control-allow-headers': 'content-type',
      'access-control-allow-methods': expect.stringMatching(/^(?=.*GET)(?=.*POST)(?=.*OPTIONS)(?=.*PATCH)(?=.*DELETE)(?=.*PUT)/),
      'access-control-max-age': '86400',
    })
  })
})

describe('a stored file', () => {
  it('may be uploaded to the same URL as another file, within an hour', async () => {
    const uploadUrl = await deployment.mutation(stored.uploadUrl)
    const upload = async (body: string): Promise<string> => (await (await fetch(uploadUrl, { method: 'POST', body })).json() as { storageId: string }).storageId
    const [one, other] = [await upload('one'), await upload('other')]
    expect(await Promise.all([one, other].map(id => deployment.action(stored.read, { id })))).toEqual(['one', 'other'])
  })

  it('has no URL after it is deleted, and cannot be deleted again', async () => {
    const uploadUrl = await deployment.mutation(stored.uploadUrl)
    const { storageId: id } = await (await fetch(uploadUrl, { method: 'POST', body: 'short-lived' })).json() as { storageId: string }
    await deployment.mutation(stored.remove, { id })
    expect(await deployment.query(stored.url, { id })).toBeNull()
    expect(await deployment.action(stored.read, { id })).toBeNull()
    await expect(deployment.mutation(stored.remove, { id })).rejects.toThrow(`storage id ${id} not found`)
  })
})
