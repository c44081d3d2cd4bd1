import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { textOf, useNuxtApp } from '../nuxt/fixture.ts'

// test/server/rate-limit.test.ts tests the limits themselves. In this file, Nuxt provides the address of a connection.

const app = useNuxtApp({ env: { HOST: '127.0.0.1' }, deploymentEnv: () => ({ RATE_LIMIT: 'true' }) })

/** Signs in from an address of this machine. */
async function signIn(localAddress: string, email: string, password: string): Promise<number> {
  const { port, origin, host } = new URL(app.url)
  const outgoing = request({
    localAddress,
    host: '127.0.0.1',
    port,
    path: '/api/auth/sign-in/email',
    method: 'POST',
    headers: { host, origin, 'content-type': 'application/json' },
  })
  outgoing.end(JSON.stringify({ email, password }))
  return await new Promise((resolve, reject) => {
    outgoing.once('error', reject)
    outgoing.once('response', response => text(response).then(() => resolve(response.statusCode!), reject))
  })
}

describe('a Nuxt app whose Better Auth limits sign-ins', () => {
  it('locks out only the client that guesses passwords', async () => {
    const ada = await app.signUp('Ada')
    for (const guess of ['one', 'two', 'three'])
      expect(await signIn('127.0.0.2', ada.email, guess)).toBe(401)
    expect(await signIn('127.0.0.2', ada.email, 'four')).toBe(429)
    expect(await signIn('127.0.0.3', ada.email, 'correct horse battery')).toBe(200)
    expect(app.log).not.toContain('CLIENT_ADDRESS_UNKNOWN')
  })

  it('renders any number of pages for one user', async () => {
    const ada = await app.signUp('Ada', ['Water the ferns'])
    const statuses: unknown[] = []
    for (let page = 0; page < 120; page++) {
      const { html } = await app.get('/tasks', ada.cookie)
      statuses.push(textOf(html, 'status'))
    }
    expect(statuses).toEqual(Array.from({ length: 120 }).fill('authenticated Ada'))
  })

  it('warns once that it is behind a proxy although `trustProxy` is off', async () => {
    for (let request = 0; request < 2; request++)
      await app.get('/api/auth/ok', '', { 'x-forwarded-for': '203.0.113.9' })
    expect(app.log.match(/CLIENT_ADDRESS_UNKNOWN/g)).toHaveLength(1)
    expect(app.log).toContain('`trustProxy` is off')
  })
})
