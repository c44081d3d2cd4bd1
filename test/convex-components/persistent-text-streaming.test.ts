import type { StreamId } from '@convex-dev/persistent-text-streaming'
import type { Deployment } from '../../src/testing/index.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/environment/eventually.ts'
import { startApp } from './app.ts'
import { api, internal } from './apps/persistent-text-streaming/convex/_generated/api.js'

let deployment: Deployment
beforeAll(async () => {
  deployment = await startApp('persistent-text-streaming')
})
afterAll(() => deployment.close())

const allow = (streamId: string, words: number) => deployment.mutation(internal.chats.allow, { streamId, words })
const bodyOf = (streamId: string) => deployment.query(api.chats.body, { streamId })
function request(streamId: string): Promise<Response> {
  return fetch(`${deployment.siteUrl}/chat-stream`, { method: 'POST', body: JSON.stringify({ streamId: streamId as StreamId }) })
}

/** Reads parts of a response until they contain the text. */
async function readUntil(reader: ReadableStreamDefaultReader<string>, text: string): Promise<string> {
  let read = ''
  while (!read.includes(text)) {
    const { done, value } = await reader.read()
    if (done)
      throw new Error(`The response ended with ${read}`)
    read += value
  }
  return read
}

describe('@convex-dev/persistent-text-streaming', () => {
  it('sends a text while it is being generated, and stores it in the database', async () => {
    const streamId = await deployment.mutation(api.chats.create, { prompt: 'why' })
    expect(await bodyOf(streamId)).toEqual({ text: '', status: 'pending' })

    const response = await request(streamId)
    expect(response.status).toBe(200)
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    await allow(streamId, 1)
    expect(await readUntil(reader, 'You')).toBe('You')
    expect((await bodyOf(streamId)).status).toBe('pending')
    await allow(streamId, 5)
    expect(await readUntil(reader, 'The answer is 42')).toBe(' asked: why? The answer is 42')
    expect((await reader.read()).done).toBe(true)

    await eventually(() => bodyOf(streamId)).toEqual({ text: 'You asked: why? The answer is 42', status: 'done' })
    expect((await request(streamId)).status).toBe(205)
  })

  it('keeps the text that was generated before an error', async () => {
    const streamId = await deployment.mutation(api.chats.create, { prompt: 'fail' })
    const response = await request(streamId)
    await allow(streamId, 5)
    expect(await response.text()).toBe('You asked: fail? ')
    await eventually(() => bodyOf(streamId)).toEqual({ text: 'You asked: fail? ', status: 'error' })
  })

  it('deletes a stream', async () => {
    const streamId = await deployment.mutation(api.chats.create, { prompt: 'why' })
    await deployment.mutation(api.chats.remove, { streamId })
    await deployment.settled()
    await expect(bodyOf(streamId)).rejects.toThrow()
  })
})
