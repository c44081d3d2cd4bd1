import type { Deployment } from '../../src/testing/index.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { internal as customMutation } from './apps/custom-mutation/convex/_generated/api.js'
import { internal as ents } from './apps/local-install-ents/convex/_generated/api.js'
import { internal } from './apps/local-install/convex/_generated/api.js'
import { startApp } from './start-app.ts'

/** More rows than one call of an internal function reads. */
const ROWS = 1300

describe('defineAuthDatabase in an action', () => {
  let deployment: Deployment
  beforeAll(async () => {
    deployment = await startApp('local-install')
    await deployment.mutation(internal.users.fill, { rows: ROWS })
  })
  afterAll(() => deployment.close())

  const call = async (method: string, input: object) => await deployment.action(internal.users.inAction, { method, input })
  const run = async (method: string, input: object): Promise<any> => (await call(method, input)).result
  const model = 'verification'

  it('runs a statement as one query or one mutation', async () => {
    const { result: [row], calls } = await call('findMany', { model, where: [{ field: 'identifier', value: 'row 7' }] })
    expect(row).toMatchObject({ value: '7' })
    expect(calls).toEqual(['query'])
    const update = await call('update', { model, where: [{ field: 'id', value: row.id }], update: { value: 'seven' } })
    expect(update).toMatchObject({ calls: ['mutation'], result: { value: 'seven' } })
  })

  it('reads a table in several functions, if it is too big for one', async () => {
    expect(await call('count', { model })).toEqual({ result: ROWS, calls: ['query', 'query', 'query'] })
  })

  it('reads a long list in several functions, even if most of its values do not exist', async () => {
    const value = Array.from({ length: 1200 }, (_, number) => `unknown ${number}`)
    const tokens = await call('findMany', { model: 'session', where: [{ field: 'token', operator: 'in', value }] })
    expect(tokens).toEqual({ result: [], calls: ['query', 'query', 'query'] })
    const ids = await call('findMany', { model, where: [{ field: 'id', operator: 'in', value }] })
    expect(ids).toEqual({ result: [], calls: ['query', 'query', 'query'] })
  })

  it('reads and writes large rows in several functions', async () => {
    const { id } = await run('create', { model: 'user', data: { name: 'A user', email: 'large@example.com' } })
    for (let number = 0; number < 36; number++)
      await deployment.mutation(internal.users.addLargeSession, { userId: id, number })
    const where = [{ field: 'userId', value: id }]
    expect(await run('count', { model: 'session', where })).toBe(36)
    expect(await run('updateMany', { model: 'session', where, update: { ipAddress: '::1' } })).toBe(36)
    expect(await run('deleteMany', { model: 'session', where })).toBe(36)
  })

  it('sorts all rows of a big table, by an index or in memory', async () => {
    const byIndex = await run('findMany', { model, limit: 2000, sortBy: { field: 'expiresAt', direction: 'desc' } })
    expect(byIndex.map((row: any) => row.expiresAt)).toEqual(Array.from({ length: ROWS }, (_, index) => ROWS - index))
    const inMemory = await run('findMany', { model, limit: 2, offset: 1, sortBy: { field: 'updatedAt', direction: 'desc' }, select: ['expiresAt'] })
    // The previous test has updated row 7.
    expect(inMemory.map((row: any) => row.expiresAt)).toEqual([1, 2])
  })

  it('ends reading when it has the requested rows', async () => {
    const { result: rows, calls } = await call('findMany', { model, limit: 20, offset: 490, sortBy: { field: 'expiresAt', direction: 'asc' } })
    expect(rows.map((row: any) => row.expiresAt)).toEqual(Array.from({ length: 20 }, (_, index) => 491 + index))
    expect(calls).toEqual(['query', 'query'])
  })

  it('finds each row of several alternatives once', async () => {
    const where = [{ field: 'identifier', value: 'row 9', connector: 'OR' }, { field: 'expiresAt', operator: 'lte', value: 10, connector: 'OR' }]
    const rows = await run('findMany', { model, limit: 2000, where })
    expect(rows.map((row: any) => row.expiresAt).sort((a: number, b: number) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  })

  it('consumes a row only once, and counts every increment, when calls run at the same time', async () => {
    const where = [{ field: 'identifier', value: 'row 1' }]
    const consumed = await Promise.all([1, 2, 3].map(() => run('consumeOne', { model, where })))
    expect(consumed.filter(row => row !== null)).toMatchObject([{ value: '1' }])
    const second = [{ field: 'identifier', value: 'row 2' }]
    await Promise.all([1, 2, 3].map(() => run('incrementOne', { model, where: second, increment: { expiresAt: 10_000 } })))
    expect(await run('findOne', { model, where: second })).toMatchObject({ expiresAt: 30_002 })
  })

  it('changes and deletes more rows than one function may write', async () => {
    expect(await run('updateMany', { model, where: [], update: { value: 'same' } })).toBe(ROWS - 1)
    expect(await run('deleteMany', { model, where: [{ field: 'expiresAt', operator: 'lte', value: ROWS }] })).toBe(ROWS - 2)
    expect(await run('findMany', { model })).toMatchObject([{ value: 'same', expiresAt: 30_002 }])
  })

  it('changes each row once, even if its change moves it to a later place of the index', async () => {
    await deployment.mutation(internal.users.fill, { rows: 700 })
    const where = [{ field: 'expiresAt', operator: 'gte', value: 1 }]
    expect(await run('updateMany', { model, where, update: { expiresAt: 40_000 } })).toBe(701)
    expect(await run('count', { model, where: [{ field: 'expiresAt', value: 40_000 }] })).toBe(701)
  })
})

describe('defineAuthDatabase with a custom mutation', () => {
  let deployment: Deployment
  beforeAll(async () => {
    deployment = await startApp('custom-mutation')
  })
  afterAll(() => deployment.close())

  it('runs all writes with the `ctx` of the custom mutation', async () => {
    await deployment.mutation(customMutation.auth.inMutation, { email: 'ada@example.com' })
    expect(await deployment.query(customMutation.auth.changes)).toEqual(['insert user', 'insert session'])
    await deployment.action(customMutation.auth.inAction, { email: 'bea@example.com' })
    expect(await deployment.query(customMutation.auth.changes)).toHaveLength(4)
  })

  it('undoes a write whose trigger throws, even if the mutation catches the error', async () => {
    expect(await deployment.mutation(customMutation.auth.catching, { email: 'refused@example.com' })).toBe('refused')
    expect(await deployment.query(customMutation.auth.changes)).toHaveLength(4)
  })

  it('keeps the writes of a mutation in one transaction', async () => {
    await expect(deployment.mutation(customMutation.auth.inMutation, { email: 'cleo@example.com', fails: true })).rejects.toThrow('The mutation failed.')
    expect(await deployment.query(customMutation.auth.changes)).toHaveLength(4)
  })
})

describe('defineAuthDatabase with `convex-ents`', () => {
  it('stores users and sessions as ents with edges', async () => {
    const deployment = await startApp('local-install-ents')
    try {
      await deployment.mutation(ents.auth.signUp, { email: 'ada@example.com' })
      expect(await deployment.mutation(ents.auth.signIn, { email: 'ada@example.com' })).toBe('ada@example.com')
      expect(await deployment.query(ents.auth.sessionsOf, { email: 'ada@example.com' })).toBe(2)
    }
    finally {
      await deployment.close()
    }
  })
})
