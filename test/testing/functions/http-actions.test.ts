import type { FunctionsHost } from '../../../src/testing/functions/host.ts'
import { describe, expect, it } from 'vitest'
import { handlerOf, loadFunctions } from './functions-host.ts'

const FUNCTIONS = {
  'http.ts': `import { httpActionGeneric as httpAction, httpRouter } from 'convex/server'
    const http = httpRouter()
    const route = (path, method, handler) => http.route({ path, method, handler: httpAction(handler) })
    route('/echo', 'POST', async (_, request) => {
      const text = await request.text()
      return new Response(text.toUpperCase(), { status: 201, headers: [['set-cookie', 'a=1'], ['set-cookie', 'b=2'], ['x-url', request.url]] })
    })
    route('/stream', 'POST', async (_, request) => new Response(request.body.pipeThrough(new TransformStream({
      transform: (chunk, controller) => controller.enqueue(new TextEncoder().encode('[' + new TextDecoder().decode(chunk) + ']')),
    }))))
    route('/reset', 'GET', async () => new Response('', { status: 205, headers: { 'x-done': 'yes' } }))
    route('/nothing', 'GET', async () => undefined)
    route('/throw', 'GET', async () => { throw new Error('boom') })
    route('/query', 'GET', async ctx => Response.json(await ctx.runQuery('a:b')))
    http.route({ pathPrefix: '/files/', method: 'GET', handler: httpAction(async (_, request) => new Response(new URL(request.url).pathname)) })
    export default http`,
}

function call(host: FunctionsHost, { method = 'GET', path = '/', body = null as ReadableStream<Uint8Array> | null, answers = {} }) {
  const request = { url: `http://127.0.0.1:1${path}`, method, headers: [], body }
  return host.invoke({ kind: 'httpAction', component: '', routePath: path, request, requestId: 'r', now: 0, seed: 0 }, handlerOf(answers))
}

function stream(...texts: string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      texts.forEach(text => controller.enqueue(new TextEncoder().encode(text)))
      controller.close()
    },
  })
}

async function read(result: ReturnType<typeof call>) {
  const { outcome } = await result.result
  if (outcome.status !== 'responded')
    return outcome
  const { status, headers, body } = outcome.response
  return { status, headers, text: body ? await new Response(body).text() : null }
}

describe('http actions', () => {
  it('receive the body and answer with status, headers and body', async () => {
    const { host } = await loadFunctions(FUNCTIONS)

    expect(await read(call(host, { method: 'POST', path: '/echo', body: stream('he', 'llo') }))).toEqual({
      status: 201,
      headers: expect.arrayContaining([['set-cookie', 'a=1'], ['set-cookie', 'b=2'], ['x-url', 'http://127.0.0.1:1/echo']]),
      text: 'HELLO',
    })
    expect(await read(call(host, { path: '/reset' }))).toEqual({ status: 205, headers: [['x-done', 'yes']], text: null })
    expect(await read(call(host, { path: '/files/a/b' }))).toMatchObject({ text: '/files/a/b' })
    expect(await read(call(host, { method: 'HEAD', path: '/files/a' }))).toMatchObject({ status: 200 })
    expect(await read(call(host, { path: '/query', answers: { '1.0/actions/query': () => 5 } }))).toMatchObject({ text: '5' })
  })

  it('stream both ways: a part of the answer arrives before the request has ended', async () => {
    const { host } = await loadFunctions(FUNCTIONS)
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
    const writer = writable.getWriter()
    const running = call(host, { method: 'POST', path: '/stream', body: readable })
    const { outcome } = await running.result
    const reader = (outcome as Extract<typeof outcome, { status: 'responded' }>).response.body!.getReader()
    const next = async () => new TextDecoder().decode((await reader.read()).value)

    await writer.write(new TextEncoder().encode('one'))
    expect(await next()).toBe('[one]')
    await writer.write(new TextEncoder().encode('two'))
    expect(await next()).toBe('[two]')
    await writer.close()
    expect((await reader.read()).done).toBe(true)
    await running.ended
  })

  it('report a missing route, a thrown error and a handler without a response', async () => {
    const { host } = await loadFunctions(FUNCTIONS)

    expect(await read(call(host, { path: '/missing' }))).toEqual({ status: 'noRoute' })
    expect(await read(call(host, { method: 'POST', path: '/throw' }))).toEqual({ status: 'noRoute' })
    expect(await read(call(host, { path: '/throw' }))).toMatchObject({ status: 'error', error: { message: 'Uncaught Error: boom' } })
    expect(await read(call(host, { path: '/nothing' }))).toMatchObject({ status: 'error' })
  })

  it('end when the reader of their streamed body cancels it', async () => {
    const { host } = await loadFunctions(FUNCTIONS)
    const { readable } = new TransformStream<Uint8Array, Uint8Array>()
    const running = call(host, { method: 'POST', path: '/stream', body: readable })
    const { outcome } = await running.result

    await (outcome as Extract<typeof outcome, { status: 'responded' }>).response.body!.cancel()
    await running.ended
  })

  it('keep their thread until the whole body has been read, even after the thread has sent it', async () => {
    const { host, value } = await loadFunctions({
      ...FUNCTIONS,
      'other.ts': 'import { queryGeneric } from \'convex/server\'\nexport const other = queryGeneric({ handler: () => 1 })',
    })
    const running = call(host, { path: '/files/one' })
    const { outcome } = await running.result
    let isEnded = false
    void running.ended.then(() => isEnded = true)
    const disposed = host.disposeWhenIdle()
    // The thread sends the end of the body before the last of these results.
    for (let count = 0; count < 20; count++)
      await value('other:other')
    expect(isEnded).toBe(false)

    expect(await new Response((outcome as Extract<typeof outcome, { status: 'responded' }>).response.body).text()).toBe('/files/one')
    await disposed
    expect(isEnded).toBe(true)
  })

  it('end a streamed body with an error if their thread is ended', async () => {
    const { failure, host } = await loadFunctions({
      ...FUNCTIONS,
      'loop.ts': 'import { queryGeneric } from \'convex/server\'\nexport const loop = queryGeneric({ handler: () => { for (;;); } })',
    })
    const { readable } = new TransformStream<Uint8Array, Uint8Array>()
    const running = call(host, { method: 'POST', path: '/stream', body: readable })
    const { outcome } = await running.result
    const reader = (outcome as Extract<typeof outcome, { status: 'responded' }>).response.body!.getReader()
    const reading = reader.read().catch((error: Error) => error.message)

    expect(await failure('loop:loop')).toBe('Function execution timed out (maximum duration: 1s)')
    expect(await reading).toBe('The function has ended before its response')
    await running.ended
  })
})
