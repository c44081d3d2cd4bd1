import process from 'node:process'
import { memoryAdapter } from 'better-auth/adapters/memory'
import { betterAuth } from 'better-auth/minimal'
import { convex } from 'convue/convex'
import { defineEventHandler, getRequestHeader, toWebRequest } from 'h3'
import { state } from './state.ts'

const origin = `http://localhost:${process.env.PORT}`
const tables = { user: [], session: [], account: [], verification: [], jwks: [] }

const auth = betterAuth({
  baseURL: origin,
  // Some tests run the app below another base URL.
  basePath: `${process.env.NUXT_APP_BASE_URL ?? '/'}api/auth`,
  secret: 'a secret that only these tests use, and nothing else',
  database: memoryAdapter(tables),
  // Hashing a password would take 100 ms.
  emailAndPassword: { enabled: true, password: { hash: async password => password, verify: async ({ hash, password }) => hash === password } },
  rateLimit: { enabled: false },
  plugins: [convex({ issuer: origin, tokenPath: process.env.TOKEN_PATH })],
})

/** The routes of Better Auth, as its guide for Nuxt writes them. */
export default defineEventHandler(async (event) => {
  // Only requests of the server to itself have no socket with an address.
  const isInternal = !event.node.req.socket.remoteAddress
  if (isInternal)
    state.requests.push(`${event.method} ${event.path} ${getRequestHeader(event, 'host')} ${getRequestHeader(event, 'cookie') ? 'with cookies' : 'without cookies'}`)
  if (state.mode === 'failing')
    throw new Error('The database cannot be reached.')
  if (state.mode === 'hanging')
    return await new Promise(() => {})
  // With a limit, an endless recursion fails the test at once.
  if (state.mode === 'nested' && isInternal && state.requests.length < 20)
    state.requests.push(`GET /api/me ${(await event.fetch('/api/me')).status}`)
  return await auth.handler(toWebRequest(event))
})
