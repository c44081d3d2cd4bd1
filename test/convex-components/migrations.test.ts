import type { Deployment } from '../../src/testing/index.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApp } from './app.ts'
import { internal } from './apps/migrations/convex/_generated/api.js'

let deployment: Deployment
beforeAll(async () => {
  deployment = await startApp('migrations')
  await deployment.mutation(internal.migrations.addBooks, { count: 200, blocked: 130 })
})
afterAll(() => deployment.close())

async function booksWith(field: 'shelf' | 'length'): Promise<number> {
  return (await deployment.query(internal.migrations.books)).filter(book => book[field] !== undefined).length
}

describe('@convex-dev/migrations', () => {
  it('changes nothing in a dry run', async () => {
    await deployment.mutation(internal.migrations.run, { fn: 'migrations:assignShelves', dryRun: true })
    await deployment.settled()
    expect(await booksWith('shelf')).toBe(0)
    expect(await deployment.query(internal.migrations.status)).toEqual([])
  })

  it('runs in batches, stops at a document that fails, and continues from there', async () => {
    await deployment.mutation(internal.migrations.runAll, {})
    await deployment.settled()
    expect(await booksWith('shelf')).toBe(120)
    expect(await deployment.query(internal.migrations.status)).toMatchObject([
      { name: 'migrations:assignShelves', state: 'failed', processed: 120, isDone: false, error: expect.stringContaining('Book 130 is lent') },
    ])

    await deployment.mutation(internal.migrations.unblock)
    await deployment.mutation(internal.migrations.runAll, {})
    await deployment.settled()
    expect(await booksWith('shelf')).toBe(200)
    expect(await booksWith('length')).toBe(200)
    expect((await deployment.query(internal.migrations.books))[137]).toMatchObject({ title: 'Volume 137', shelf: 'shelf 7', length: 10 })
    expect(await deployment.query(internal.migrations.status)).toMatchObject([
      { name: 'migrations:assignShelves', state: 'success', processed: 200, isDone: true },
      { name: 'migrations:measure', state: 'success', processed: 200, isDone: true },
    ])
  })

  it('does not run again unless it is reset', async () => {
    await deployment.mutation(internal.migrations.addBooks, { count: 1, blocked: 1000 })
    await deployment.mutation(internal.migrations.measure, {})
    await deployment.settled()
    expect(await booksWith('length')).toBe(200)
    await deployment.mutation(internal.migrations.measure, { reset: true })
    await deployment.settled()
    expect(await booksWith('length')).toBe(201)
  })

  it('migrates a range of an index completely inside an action', async () => {
    expect(await deployment.action(internal.migrations.runNow)).toMatchObject({ state: 'success', processed: 10, isDone: true })
    const titles = (await deployment.query(internal.migrations.books)).slice(-11).map(({ title }) => title)
    expect(titles).toEqual(['Volume 189', ...Array.from({ length: 10 }, (_, index) => `last ${190 + index}`)])
  })
})
