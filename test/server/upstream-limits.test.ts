import type { ConvexRequest } from 'convue/server'
import type { ServerResponse } from 'node:http'
import type { ScriptedUpstream } from '../support/scripted/scripted-upstream.ts'
import { makeFunctionReference } from 'convex/server'
import { createConvexServer } from 'convue/server'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../support/environment/eventually.ts'
import { json, startUpstream } from '../support/scripted/scripted-upstream.ts'

let upstream: ScriptedUpstream
beforeEach(async () => {
  upstream = await startUpstream()
})
afterEach(() => upstream.close())

function request(cookie = ''): ConvexRequest {
  const { forRequest } = createConvexServer({ convexUrl: upstream.url, convexSiteUrl: upstream.url })
  return forRequest(new Request('https://app.example.com', { headers: { cookie } }))
}

const SESSION = 'better-auth.session_token=secret'

const list = makeFunctionReference<'query'>('tasks:list')

/** Sends endless JSON as long as it is read, and counts its bytes. */
function endless(headers: Record<string, string> = {}) {
  const sent = { bytes: 0, isClosed: false }
  const part = 'x'.repeat(2 ** 16)
  const write = (response: ServerResponse): void => {
    while (!response.destroyed) {
      sent.bytes += part.length
      if (!response.write(part))
        return void response.once('drain', () => write(response))
    }
  }
  upstream.answer = (_request, response) => {
    response.once('close', () => sent.isClosed = true)
    response.writeHead(200, { 'content-type': 'application/json', ...headers })
    response.write('{"user":"')
    write(response)
  }
  return sent
}

describe('forRequest', () => {
  it.each([
    { what: 'a session request', limit: 2 ** 20, ask: () => request(SESSION).getSession(), code: 'SESSION_REQUEST_FAILED' },
    { what: 'a token request', limit: 2 ** 20, ask: () => request(SESSION).getToken(), code: 'TOKEN_REQUEST_FAILED' },
    { what: 'a query', limit: 2 ** 25, ask: () => request().fetchAuthQuery(list), code: 'FUNCTION_REQUEST_FAILED' },
  ])('rejects, and stops reading, if the answer to $what is too long', async ({ ask, limit, code }) => {
    const sent = endless()
    await expect(ask()).rejects.toMatchObject({ code, why: expect.stringContaining(`more than ${limit} bytes`) })
    await eventually(() => sent.isClosed).toBe(true)
    // The buffers of the two sockets may still hold a part of the answer.
    expect(sent.bytes).toBeLessThan(limit + 2 ** 24)
  })

  it('does not read an answer whose content-length is too large', async () => {
    const sent = endless({ 'content-length': String(2 ** 30) })
    await expect(request(SESSION).getSession()).rejects.toMatchObject({ code: 'SESSION_REQUEST_FAILED' })
    await eventually(() => sent.isClosed).toBe(true)
    expect(sent.bytes).toBeLessThan(2 ** 24)
  })

  it('accepts a result of the largest size that Convex allows', async () => {
    const text = 'x'.repeat(2 ** 24)
    upstream.answer = json({ status: 'success', value: text })
    expect(await request().fetchAuthQuery(list)).toHaveLength(text.length)
  })
})
