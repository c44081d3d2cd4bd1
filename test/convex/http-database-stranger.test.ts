import type { Deployment } from '../../src/testing/index.ts'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConvexHttpClient } from 'convex/browser'
import { makeFunctionReference } from 'convex/server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { convexDatabase } from '../../src/convex/http-database/index.ts'
import { internal } from './apps/http-database/convex/_generated/api.js'
import { startApp } from './start-app.ts'

const SECRET = 'a-secret-that-only-these-tests-use'
const FUNCTIONS = join(import.meta.dirname, 'apps/http-database/convex')

let deployment: Deployment
let before: unknown
const everything = async (): Promise<unknown> => await deployment.query(internal.notes.everything)
beforeAll(async () => {
  deployment = await startApp('http-database', { env: { AUTH_DATABASE_SECRET: SECRET, JWKS: '', AUTH_ISSUER: '' } })
  const adapter = convexDatabase({ siteUrl: deployment.siteUrl, secret: SECRET })({})
  const user: any = await adapter.create({ model: 'user', data: { name: 'Ada', email: 'ada@example.com', emailVerified: true, createdAt: new Date(), updatedAt: new Date() } })
  await adapter.create({ model: 'account', data: { userId: user.id, accountId: user.id, providerId: 'credential', password: 'the-hash-of-a-password', createdAt: new Date(), updatedAt: new Date() } })
  await deployment.mutation(internal.notes.add, { text: 'a note' })
  before = await everything()
})
afterAll(() => deployment.close())

/** Expects that a text contains no value of the tables, and nothing about the secret. */
function expectNoHint(text: string): void {
  expect(text).not.toMatch(/ada|hash|note"|secret|bearer|\d{13}|tables/i)
}

const READ = { type: 'find', table: 'account', where: [], joins: [], select: [], sortBy: null, offset: 0, limit: null, onUnindexed: 'warn' }
const WRITE = { type: 'update', table: 'user', where: [], changes: { name: 'Eve' }, increments: {}, unique: [], scope: 'all', onUnindexed: 'warn' }
const BODY = JSON.stringify({ version: 1, statements: [READ, WRITE] })

/** Every function that a file of the app exports. */
const functions = globSync('*.ts', { cwd: FUNCTIONS }).flatMap((file) => {
  const code = readFileSync(join(FUNCTIONS, file), 'utf8')
  const names = [...code.matchAll(/^export const (\w+) = (?:internal)?(?:query|mutation|action)\(/gim)].map(([, name]) => name!)
  const destructured = [...code.matchAll(/^export const \{ ([\w, ]+) \} =/gm)].flatMap(([, list]) => list!.split(', '))
  return [...names, ...destructured].map(name => `${file.replace('.ts', '')}:${name}`)
}).sort()

describe('a stranger who knows the address of the deployment', () => {
  it('tries to call each of these functions', () => {
    expect(functions).toEqual(['auth:findOne', 'auth:readAuthTables', 'auth:writeAuthTables', 'notes:add', 'notes:everything', 'notes:whoami'])
  })

  it.each(functions.filter(name => name !== 'notes:whoami'))('cannot call %s, as a query, a mutation or an action', async (name) => {
    const client = new ConvexHttpClient(deployment.url, { logger: false })
    for (const statement of [READ, WRITE]) {
      const args = { statement, position: { source: 0, cursor: null, found: 0 }, model: 'account', where: [], text: 'by a stranger' }
      for (const kind of ['query', 'mutation', 'action'] as const)
        await expect((client as any)[kind](makeFunctionReference(name), args)).rejects.toThrow(/Could not find (?:public )?function/)
    }
    for (const path of ['query', 'mutation', 'action', 'function', 'run', `run/${name.replace(':', '/')}`, 'query_batch']) {
      for (const authorization of ['', `Bearer ${SECRET}`, `Convex ${SECRET}`]) {
        const response = await fetch(`${deployment.url}/api/${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization },
          body: JSON.stringify({ path: name, args: { statement: READ, position: { source: 0, cursor: null, found: 0 } }, format: 'json' }),
        })
        const text = await response.text()
        expect(response.ok && !text.includes('"error"'), `${path}: ${text}`).toBe(false)
        expect(text).not.toMatch(/ada@|the-hash/)
      }
    }
    expect(await everything()).toEqual(before)
  })

  const nearly = [SECRET.slice(0, -1), `${SECRET}a`, SECRET.toUpperCase(), `${SECRET.slice(0, -1)}t`, ` ${SECRET}`.replace('a', '\u00E4'), 'a'.repeat(SECRET.length)]
  const headers: [name: string, headers: Record<string, string>][] = [
    ['no secret', {}],
    ['an empty header', { authorization: '' }],
    ['an empty secret', { authorization: 'Bearer ' }],
    ['the text `undefined`', { authorization: 'Bearer undefined' }],
    ['a wrong secret', { authorization: 'Bearer a-secret-of-another-deployment-xyz' }],
    ...nearly.map((secret): [string, Record<string, string>] => ['a nearly right secret', { authorization: `Bearer ${secret}` }]),
    ['another scheme', { authorization: `Basic ${btoa(`convex:${SECRET}`)}` }],
    ['the scheme of Convex', { authorization: `Convex ${SECRET}` }],
    ['no scheme', { authorization: SECRET }],
    ['a scheme in lower case', { authorization: `bearer ${SECRET}` }],
    ['two spaces', { authorization: `Bearer  ${SECRET}` }],
    ['a list of secrets', { authorization: `Bearer ${SECRET}, Bearer ${SECRET}` }],
    ['a quoted secret', { authorization: `Bearer "${SECRET}"` }],
    ['another header', { 'x-api-key': SECRET, 'proxy-authorization': `Bearer ${SECRET}`, 'auth-database-secret': SECRET }],
    ['a cookie', { cookie: `authorization=Bearer ${SECRET}; secret=${SECRET}` }],
  ]

  it.each(headers)('receives the same answer from the route with %s, whatever it sends', async (_name, sent) => {
    const answers = new Set<string>()
    for (const body of [BODY, '', 'not JSON', JSON.stringify({ version: 1, statements: [] })]) {
      for (const type of ['application/json', 'text/plain']) {
        const response = await fetch(`${deployment.siteUrl}/auth-database?secret=${SECRET}`, { method: 'POST', headers: { 'content-type': type, ...sent }, body })
        const text = await response.text()
        expectNoHint(text)
        answers.add(`${response.status} ${text} ${response.headers.get('www-authenticate')}`)
      }
    }
    expect([...answers]).toEqual(['401 {"code":"UNAUTHORIZED"} null'])
    expect(await everything()).toEqual(before)
  })

  it.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('finds no route with the method %s', async (method) => {
    const response = await fetch(`${deployment.siteUrl}/auth-database`, { method })
    expect(response.status).toBeGreaterThanOrEqual(400)
    expectNoHint(await response.text())
  })

  it.each(['/', '/auth-database/', '/auth-database/user', '/Auth-Database', '//auth-database', '/only-users', '/hello', '/api/auth/get-session', '/.well-known/openid-configuration'])('reads nothing at %s', async (path) => {
    for (const method of ['GET', 'POST']) {
      const response = await fetch(`${deployment.siteUrl}${path}`, { method, headers: { 'content-type': 'application/json', 'authorization': 'Bearer a-secret-of-another-deployment-xyz' }, ...method === 'POST' ? { body: BODY } : {} })
      expectNoHint(await response.text())
    }
    expect(await everything()).toEqual(before)
  })
})
