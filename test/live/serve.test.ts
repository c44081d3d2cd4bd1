import { describe, expect, it } from 'vitest'
import { serve } from '../support/live/serve.ts'

describe('serve', () => {
  it.each([
    ['a response without a promise', () => new Response('here'), 200, 'here'],
    ['Response.redirect', async () => Response.redirect('http://localhost/there'), 302, ''],
  ])('answers with %s', async (_name, handler, status, text) => {
    const server = await serve(handler)
    const response = await fetch(server.url, { redirect: 'manual' })
    expect([response.status, await response.text()]).toEqual([status, text])
    await server.close()
  })
})
