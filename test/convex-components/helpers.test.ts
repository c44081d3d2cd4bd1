import type { PaginationResult } from 'convex/server'
import type { Deployment } from '../../src/testing/index.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApp } from './app.ts'
import { api } from './apps/helpers/convex/_generated/api.js'

let deployment: Deployment
beforeAll(async () => {
  deployment = await startApp('helpers')
})
afterAll(() => deployment.close())

const signUp = async (name: string) => ({ user: await deployment.mutation(api.notes.signUp, { name }), apiKey: `key of ${name}` })
const countOf = (user: Awaited<ReturnType<typeof signUp>>['user']) => deployment.query(api.notes.count, { user })

describe('convex-helpers/server/triggers', () => {
  it('run with each write, in its transaction, and run other triggers', async () => {
    const { user, apiKey } = await signUp('Trudy')
    const note = await deployment.mutation(api.notes.add, { apiKey, text: 'one' })
    await Promise.all(['two', 'three'].map(text => deployment.mutation(api.notes.add, { apiKey, text })))
    expect(await countOf(user)).toBe(3)
    await deployment.mutation(api.notes.edit, { apiKey, note, text: null })
    expect(await countOf(user)).toBe(2)
    await deployment.mutation(api.notes.leave, { user })
    expect(await countOf(user)).toBe(0)
  })

  it('can refuse a write', async () => {
    const { user, apiKey } = await signUp('Tom')
    await expect(deployment.mutation(api.notes.add, { apiKey, text: 'forbidden' })).rejects.toMatchObject({ data: 'A trigger refuses this text' })
    expect(await countOf(user)).toBe(0)
    expect(await deployment.query(api.notes.list, { apiKey })).toEqual([])
  })
})

describe('convex-helpers/server/rowLevelSecurity', () => {
  it('hides documents, and refuses writes', async () => {
    const [ada, bea] = [await signUp('Ada'), await signUp('Bea')]
    const secret = await deployment.mutation(api.notes.add, { apiKey: ada.apiKey, text: 'secret' })
    const shared = await deployment.mutation(api.notes.add, { apiKey: ada.apiKey, text: 'shared', isPublic: true })
    expect(await deployment.query(api.notes.list, { apiKey: ada.apiKey })).toEqual(['secret', 'shared'])
    expect(await deployment.query(api.notes.list, { apiKey: bea.apiKey })).toEqual(['shared'])
    expect(await deployment.query(api.notes.get, { apiKey: bea.apiKey, note: secret })).toBeNull()
    expect(await deployment.query(api.notes.get, { apiKey: bea.apiKey, note: shared })).toBe('shared')

    const asBea = { apiKey: bea.apiKey, text: 'changed' }
    await expect(deployment.mutation(api.notes.edit, { ...asBea, note: shared })).rejects.toThrow('write access not allowed')
    await expect(deployment.mutation(api.notes.edit, { ...asBea, note: secret })).rejects.toThrow('no read access or doc does not exist')
    await expect(deployment.mutation(api.notes.add, { ...asBea, owner: ada.user })).rejects.toThrow('insert access not allowed')
    expect(await deployment.query(api.notes.list, { apiKey: ada.apiKey })).toEqual(['secret', 'shared'])
  })
})

describe('convex-helpers/server/customFunctions', () => {
  it('have their own arguments, extend the context, and run onSuccess', async () => {
    const { apiKey } = await signUp('Cleo')
    deployment.log.length = 0
    expect(await deployment.action(api.notes.greet, { apiKey, punctuation: '!' })).toBe('Hello Cleo! (Cleo)')
    await deployment.settled()
    expect(deployment.log.find(({ name }) => name === 'notes:greet')?.logLines).toEqual([expect.stringContaining('The action returned Hello Cleo! (Cleo)')])
  })

  it('refuse callers, also depending on an option of the builder', async () => {
    const { apiKey } = await signUp('Dora')
    await expect(deployment.query(api.notes.list, { apiKey: 'wrong' })).rejects.toMatchObject({ data: { code: 'UNAUTHENTICATED' } })
    await expect(deployment.query(api.notes.list, {} as never)).rejects.toThrow('missing the required field `apiKey`')
    await expect(deployment.action(api.notes.govern, { apiKey })).rejects.toMatchObject({ data: { code: 'FORBIDDEN' } })
    expect(await deployment.action(api.notes.govern, { apiKey: 'key of Ada' })).toBe('Ada')
  })
})

describe('convex-helpers/server/stream', () => {
  beforeAll(async () => {
    await deployment.mutation(api.messages.fill, { channels: ['a', 'b', 'c'], count: 60 })
  })

  /** Reads all pages. */
  async function readPages<Row>(numItems: number, read: (options: { numItems: number, cursor: string | null }) => Promise<PaginationResult<Row>>): Promise<Row[][]> {
    const pages: Row[][] = []
    let cursor: string | null = null
    for (;;) {
      const { page, isDone, continueCursor }: PaginationResult<Row> = await read({ numItems, cursor })
      pages.push(page)
      if (isDone)
        return pages
      cursor = continueCursor
    }
  }

  it('merges the rows of several indexes in order, in pages', async () => {
    const pages = await readPages(15, paginationOpts => deployment.query(api.messages.merged, { channels: ['c', 'a'], paginationOpts }))
    const expected = Array.from({ length: 60 }, (_, index) => 59 - index).filter(sentAt => sentAt % 3 !== 1)
    expect(pages.flat().map(({ sentAt }) => sentAt)).toEqual(expected)
    expect(pages.map(({ length }) => length).slice(0, 2)).toEqual([15, 15])
  })

  it('joins and filters rows, in pages', async () => {
    const pages = await readPages(7, paginationOpts => deployment.query(api.messages.joined, { user: 'ada', paginationOpts }))
    const expected = [0, 1, 2].flatMap(channel => Array.from({ length: 20 }, (_, index) => index * 3 + channel).filter(sentAt => sentAt % 2 === 0).map(sentAt => `${'abc'[channel]} ${sentAt}`))
    expect(pages.flat().map(({ text }) => text)).toEqual(expected)
  })

  it('finds distinct values of an index', async () => {
    expect(await deployment.query(api.messages.channelsOf, { author: 'author 1' })).toEqual(['a', 'b', 'c'])
    expect(await deployment.query(api.messages.channelsOf, { author: 'author 9' })).toEqual([])
  })
})
