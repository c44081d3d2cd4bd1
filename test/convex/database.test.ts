import type { Deployment } from '../../src/testing/index.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { internal } from './apps/local-install/convex/_generated/api.js'
import { AuthBrowser, PASSWORD } from './auth-browser.ts'
import { startApp } from './start-app.ts'

let deployment: Deployment
beforeAll(async () => {
  deployment = await startApp('local-install')
})
afterAll(() => deployment.close())

/** Calls a method of the database adapter in a mutation. */
const write = async (method: string, input: object) => await deployment.mutation(internal.users.inMutation, { method, input })
const read = async (method: string, input: object, options: object = {}) => await deployment.query(internal.users.inQuery, { method, input, ...options })
const byEmail = (email: string) => ({ model: 'user', where: [{ field: 'email', value: email }] })
const user = (email: string) => ({ model: 'user', data: { name: 'A user', email } })
const newSession = (userId: string, token: string) => ({ model: 'session', data: { token, expiresAt: '2030-01-01', updatedAt: '2026-01-01', userId } })
const tables = async () => await deployment.query(internal.users.everything)

describe('defineAuthDatabase', () => {
  it('signs a user up, in and out over HTTP', async () => {
    const browser = new AuthBrowser(deployment.siteUrl)
    const { user } = await browser.do('sign-up/email', { name: ' Ada ', email: 'ada@example.com', password: PASSWORD })
    expect((await browser.session()).user).toMatchObject({ id: user.id, email: 'ada@example.com' })
    await browser.do('sign-out')
    expect(await browser.session()).toBeNull()
    expect((await browser.post('sign-in/email', { email: 'eve@example.com', password: PASSWORD })).status).toBe(401)
    await browser.do('sign-in/email', { email: 'ada@example.com', password: PASSWORD })
    expect((await browser.session()).user.id).toBe(user.id)
  })

  it('runs Better Auth in a mutation as one transaction', async () => {
    const user = await deployment.mutation(internal.users.signUp, { name: 'Bea', email: 'bea@example.com' })
    expect((await tables()).users.map(({ _id }) => _id)).toContain(user)
    const before = await tables()
    await expect(deployment.mutation(internal.users.signUp, { name: 'Cleo', email: 'cleo@example.com', fails: true })).rejects.toThrow('The mutation failed.')
    expect(await tables()).toEqual(before)
  })

  it('reads in a query, and refuses to write there', async () => {
    expect(await read('findOne', byEmail('ada@example.com'))).toMatchObject({ name: 'Ada' })
    await expect(read('delete', byEmail('ada@example.com'))).rejects.toThrow('[AUTH_WRITE_REFUSED]')
  })

  it('calls no function for a statement of a query or a mutation', async () => {
    deployment.log.length = 0
    await deployment.mutation(internal.users.signUp, { name: 'Dora', email: 'dora@example.com' })
    expect(deployment.log.map(({ name }) => name)).toEqual(['users:signUp'])
  })

  it('exports a query that finds one row', async () => {
    expect(await deployment.query(internal.auth.findOne, { model: 'user', where: [{ field: 'email', value: 'ada@example.com' }] })).toMatchObject({ name: 'Ada' })
    expect(await deployment.query(internal.auth.findOne, { model: 'user', where: [{ field: 'email', value: 'eve@example.com' }] })).toBeNull()
  })

  it('exports no public function', async () => {
    for (const name of ['readAuthTables', 'writeAuthTables', 'findOne']) {
      const response = await fetch(`${deployment.url}/api/function`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ path: `auth:${name}`, args: {}, format: 'json' }),
      })
      expect(await response.json()).toMatchObject({ status: 'error', errorMessage: expect.stringContaining('Could not find') })
    }
  })

  it('updates all rows that match, and returns the first', async () => {
    const data = { model: 'verification', data: { identifier: 'one of two', value: '123456:0', expiresAt: '2030-01-01' } }
    const [first] = [await write('create', data), await write('create', data)]
    const where = [{ field: 'identifier', value: 'one of two' }]
    expect(await write('update', { model: 'verification', where, update: { value: '123456:1' } })).toMatchObject({ id: first.id, value: '123456:1' })
    expect((await read('findMany', { model: 'verification', where })).map(({ value }: any) => value)).toEqual(['123456:1', '123456:1'])
  })

  it('updates a row if the changes contain the id of the row', async () => {
    const { id } = await read('findOne', byEmail('bea@example.com'))
    const { rows } = await deployment.mutation(internal.auth.writeAuthTables, {
      statement: {
        type: 'update',
        table: 'user',
        where: [{ field: 'id', operator: 'eq', value: id, connector: 'AND', isInsensitive: false }],
        changes: { id, name: 'Beatrice' },
        increments: {},
        unique: [],
        scope: 'all',
        onUnindexed: 'refuse',
      },
      position: { source: 0, cursor: null, found: 0 },
    })
    expect(rows).toMatchObject([{ id, name: 'Beatrice' }])
  })

  describe('ids', () => {
    it('do not find rows of another table', async () => {
      const { sessions: [session] } = await tables()
      expect(await deployment.query(internal.auth.findOne, { model: 'user', where: [{ field: 'id', value: session!._id }] })).toBeNull()
      expect(await deployment.query(internal.auth.findOne, { model: 'session', where: [{ field: 'id', value: session!._id }] })).toMatchObject({ id: session!._id })
    })

    it('of another table are refused as references', async () => {
      const { sessions: [session] } = await tables()
      await expect(write('create', { model: 'session', data: { token: 'a', expiresAt: 1, userId: session!._id } })).rejects.toThrow('does not match')
    })

    it('chosen by Better Auth are accepted once in a table with the field `id`', async () => {
      const reserve = async () => await write('create', { model: 'verification', data: { id: 'used-once', identifier: 'a', value: 'b', expiresAt: '2030-01-01' }, forceAllowId: true })
      await reserve()
      await expect(reserve()).rejects.toThrow('[AUTH_ID_TAKEN]')
      expect(await deployment.query(internal.auth.findOne, { model: 'verification', where: [{ field: 'id', value: 'used-once' }] })).toMatchObject({ id: 'used-once' })
    })

    it('chosen by Better Auth are refused in a table without the field `id`', async () => {
      const { sessions: [session] } = await tables()
      await expect(write('create', { model: 'session', data: { id: 'mine', token: 'a', expiresAt: 1, userId: session!._id }, forceAllowId: true })).rejects.toThrow('[AUTH_ID_UNSUPPORTED]')
    })
  })

  describe('unique fields', () => {
    it('refuse a value that another row has', async () => {
      await expect(write('create', user('ada@example.com'))).rejects.toThrow('[AUTH_VALUE_TAKEN]')
      await expect(write('update', { ...byEmail('bea@example.com'), update: { email: 'ada@example.com' } })).rejects.toThrow('[AUTH_VALUE_TAKEN]')
      await write('update', { ...byEmail('bea@example.com'), update: { email: 'bea@example.com' } })
    })

    it('are enforced when two transactions write the same value at the same time', async () => {
      const writes = await Promise.allSettled([1, 2, 3].map(() => write('create', user('race@example.com'))))
      expect(writes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected'])
    })

    it('are enforced when the mutation writes the same value twice at the same time', async () => {
      const { data } = user('together@example.com')
      expect(await deployment.mutation(internal.users.createTogether, { model: 'user', rows: [data, data] })).toEqual({ created: 1, refused: 1 })
    })
  })

  describe('triggers', () => {
    it('change what is written, and create a profile in the same transaction', async () => {
      const { users, profiles } = await tables()
      const ada = users.find(({ email }) => email === 'ada@example.com')!
      expect(ada.name).toBe('Ada')
      expect(profiles.filter(({ userId }) => userId === ada._id)).toMatchObject([{ nickname: 'ada' }])
    })

    it('undo the write if they throw', async () => {
      const before = await tables()
      const browser = new AuthBrowser(deployment.siteUrl)
      const { status } = await browser.post('sign-up/email', { name: 'Refused', email: 'refused@example.com', password: PASSWORD })
      expect(status).toBeGreaterThanOrEqual(400)
      expect(await tables()).toEqual(before)
    })

    it('run when rows are changed and deleted, with the previous row', async () => {
      await write('update', { ...byEmail('dora@example.com'), update: { email: 'dora@example.org' } })
      await write('delete', byEmail('dora@example.org'))
      expect((await tables()).events.slice(-5)).toEqual([
        'changing dora@example.com to dora@example.org',
        'changed dora@example.com to dora@example.org',
        'deleting dora@example.org, which exists',
        'deleted a session of a deleted user',
        'deleted dora@example.org, which is gone',
      ])
    })
  })

  describe('references', () => {
    it('to a deleted row are set to `null`, or their rows are deleted, and triggers run', async () => {
      const { id } = await write('create', user('owner@example.com'))
      await write('create', newSession(id, 'of the owner'))
      const invited = user('invited@example.com')
      await write('create', { ...invited, data: { ...invited.data, invitedBy: id } })
      await write('delete', byEmail('owner@example.com'))
      expect((await tables()).sessions.filter(({ userId }) => userId === id)).toEqual([])
      expect((await tables()).events.slice(-3)).toContain('deleted a session of a deleted user')
      expect(await read('findOne', byEmail('invited@example.com'))).toMatchObject({ invitedBy: null })
    })
  })

  describe('writes of several rows', () => {
    it('change only one row in `consumeOne` and `incrementOne`, even for several ids', async () => {
      const data = { model: 'verification', data: { identifier: 'by ids', value: '', expiresAt: 5, createdAt: 1 } }
      const [first, second] = [await write('create', data), await write('create', data)]
      const where = [{ field: 'id', operator: 'in', value: [first.id, second.id] }]
      await write('incrementOne', { model: 'verification', where, increment: { expiresAt: 1 } })
      expect((await read('findMany', { model: 'verification', where })).map(({ expiresAt }: any) => expiresAt)).toEqual([6, 5])
      await write('consumeOne', { model: 'verification', where })
      expect(await read('findMany', { model: 'verification', where })).toMatchObject([{ id: second.id }])
    })

    it('skip rows that a trigger has already deleted', async () => {
      const { id } = await write('create', { model: 'user', data: { name: 'One session', email: 'one@example.com' } })
      for (const token of ['first', 'second'])
        await write('create', newSession(id, token))
      expect(await write('deleteMany', { model: 'session', where: [{ field: 'userId', value: id }] })).toBe(1)
      expect((await tables()).sessions.filter(({ userId }) => userId === id)).toEqual([])
    })
  })

  describe('look-ups without an index', () => {
    const byName = { model: 'user', where: [{ field: 'name', value: 'Ada' }] }

    it('are refused in development, with the index to add', async () => {
      await expect(read('findMany', byName)).rejects.toThrow(
        'Add `.index(\'by_name\', [\'name\'])` to the table.',
      )
    })

    it('read the whole table in production, and write a warning to the log', async () => {
      deployment.log.length = 0
      expect(await read('findMany', byName, { onUnindexed: 'warn' })).toMatchObject([{ email: 'ada@example.com' }])
      await deployment.settled()
      expect(deployment.log.flatMap(({ logLines }) => logLines).join()).toContain('[AUTH_INDEX_MISSING]')
    })
  })
})
