import type { UseConvexPaginatedQueryOptions } from 'convue'
import type { Row } from '../../../support/scripted/scripted-list.ts'
import { ConvexError } from 'convex/values'
import { useConvexPaginatedQuery, useConvexQuery } from 'convue'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { watch } from 'vue'
import { expectConsole } from '../../../support/environment/console-guard.ts'
import { api } from '../../../support/scripted/scripted-api.ts'
import { listApi, ScriptedList } from '../../../support/scripted/scripted-list.ts'
import { ScriptedPage, setupScriptedPage } from '../../../support/scripted/scripted-page.ts'

setupScriptedPage()

let page: ScriptedPage
let list: ScriptedList
beforeEach(() => {
  page = new ScriptedPage()
  page.deployment.isCoalescing = true
  page.deployment.latencyMs = 1
  list = new ScriptedList(page.deployment)
  list.fill('a', 12)
})

/** A list on the page, and every state that a synchronous watcher saw. */
function mountList(options: Partial<UseConvexPaginatedQueryOptions> = {}) {
  return page.run(() => {
    const query = useConvexPaginatedQuery(listApi.page, { of: 'a' }, { initialNumItems: 3, ...options })
    const seen: string[] = []
    watch([query.results, query.status, query.error], ([results, status, error]) =>
      seen.push(`${(results as Row[]).map(({ rank }) => rank).join(',')} ${status}${error ? ` ${error.message.match(/a failure|InvalidCursor/)?.[0]}` : ''}`), { flush: 'sync', immediate: true })
    return { query, seen }
  }).result
}

async function mountPages(count: number) {
  const mounted = mountList()
  await page.tick()
  for (let pages = 1; pages < count; pages++) {
    mounted.query.loadMore(3)
    await page.tick()
  }
  mounted.seen.length = 0
  list.takePages()
  return mounted
}

/** From now on, the page after `cursor` fails with this error. */
function breakPage(cursor: string | null, error: Error): void {
  list.intercept = (result, options) => {
    if (options.cursor === cursor)
      throw error
    return result
  }
  page.deployment.invalidate()
}

function mend(): void {
  list.intercept = result => result
  page.deployment.invalidate()
}

function invalidCursor(): Error {
  return new Error('Uncaught Error: InvalidCursor: this cursor is from a different query.')
}

describe('useConvexPaginatedQuery', () => {
  describe('an error in one page', () => {
    it('ends the list before the failed page until this page has a result again', async () => {
      const { seen, query } = await mountPages(3)
      breakPage('2', new Error('a failure'))
      await page.tick()
      expect(seen).toEqual(['0,1,2 Error a failure'])
      expect(query.isLoading.value).toBe(false)
      query.loadMore(3)
      await page.tick()
      mend()
      await page.tick()
      expect(seen).toEqual(['0,1,2 Error a failure', '0,1,2,3,4,5,6,7,8 CanLoadMore'])
      expect(query.error.value).toBeUndefined()
    })

    it('triggers no watcher if it occurs again with another request id', async () => {
      const { seen, query } = await mountPages(3)
      let requests = 0
      list.intercept = (result, options) => {
        if (options.cursor === '2')
          throw new Error(`[Request ID: ${++requests}] Server Error\nUncaught Error: a failure`)
        return result
      }
      page.deployment.invalidate()
      await page.tick()
      const first = query.error.value
      page.deployment.invalidate()
      await page.tick()
      expect(requests).toBeGreaterThan(1)
      expect(seen).toEqual(['0,1,2 Error a failure'])
      expect(query.error.value).toBe(first)
    })

    it('is the same object if the query repeatedly returns a value that is not a page', async () => {
      let rows = 0
      list.intercept = () => [++rows]
      const { query, seen } = mountList()
      await page.tick()
      expect(query.error.value).toMatchObject({ code: 'FUNCTION_KIND_MISMATCH' })
      const notified = seen.length
      page.deployment.invalidate()
      await page.tick()
      expect(rows).toBeGreaterThan(1)
      expect(seen).toHaveLength(notified)
    })

    it('is set as `error`, with the data of the ConvexError, if the first page fails', async () => {
      breakPage(null, Object.assign(new Error('a refusal'), { data: { code: 'NO_ENTRY' } }))
      const { query, seen } = mountList()
      await page.tick()
      expect(query.status.value).toBe('Error')
      expect(query.error.value).toBeInstanceOf(ConvexError)
      expect((query.error.value as ConvexError<any>).data).toEqual({ code: 'NO_ENTRY' })
      mend()
      await page.tick()
      expect(seen.at(-1)).toBe('0,1,2 CanLoadMore')
    })

    it('affects neither other lists nor other queries', async () => {
      page.deployment.functions.set('values:get', () => page.deployment.ts)
      const value = page.run(() => useConvexQuery(api.values.get)).result
      const { seen } = await mountPages(3)
      const other = mountList({ initialNumItems: 2 })
      await page.tick()
      breakPage('2', new Error('a failure'))
      await page.tick()
      expect(seen).toEqual(['0,1,2 Error a failure'])
      const before = value.data.value
      list.change('a', ranks => [...ranks, 0.5])
      await page.tick()
      expect(value.data.value).toBeGreaterThan(before)
      expect(other.seen.at(-1)).toBe('0,0.5,1 CanLoadMore')
      expect(seen.at(-1)).toBe('0,0.5,1,2 Error a failure')
    })

    it('leaves no gap if the failed page ends elsewhere after it has recovered', async () => {
      const { seen } = await mountPages(3)
      breakPage('2', new Error('a failure'))
      await page.tick()
      list.forgetEnds()
      list.lists.a!.push(3.1, 3.2)
      mend()
      await page.tick()
      expect(seen).toEqual(['0,1,2 Error a failure', '0,1,2,3,3.1,3.2,4,5,6,7,8 CanLoadMore'])
    })
  })

  describe('a watcher that throws', () => {
    it('does not prevent loadMore or a restart of the list', async () => {
      const { query, seen } = await mountPages(1)
      const errors: string[] = []
      // Fake timers rethrow an uncaught error to the code that advances them.
      const schedule = globalThis.setTimeout
      vi.stubGlobal('setTimeout', (task: () => void, ...rest: [number?]) => schedule(() => {
        try {
          task()
        }
        catch (error) {
          errors.push((error as Error).message)
        }
      }, ...rest))
      page.run(() => watch(query.status, (status) => {
        throw new Error(`at ${status}`)
      }, { flush: 'sync' }))
      query.loadMore(3)
      await page.tick()
      expect(seen).toEqual(['0,1,2 LoadingMore', '0,1,2,3,4,5 CanLoadMore'])
      breakPage('2', invalidCursor())
      await page.tick()
      expect(seen.slice(2)).toEqual([' LoadingFirstPage', '0,1,2 CanLoadMore'])
      expect(page.deployment.liveSockets[0]!.queries.size).toBe(1)
      expect(errors).toEqual(['at LoadingMore', 'at CanLoadMore', 'at LoadingFirstPage', 'at CanLoadMore'])
      vi.unstubAllGlobals()
      for (const _ of errors)
        expectConsole(/Unhandled error during execution of watcher callback/)
    })
  })

  describe('arguments that Convex cannot store', () => {
    it('set `error` to ARGS_INVALID', async () => {
      const { result } = page.run(() => useConvexPaginatedQuery(listApi.page, { of: Symbol('unstorable') as any }, { initialNumItems: 3 }))
      expect(result.status.value).toBe('Error')
      expect(result.error.value).toMatchObject({ code: 'ARGS_INVALID' })
      expect(result.results.value).toEqual([])
    })
  })

  describe('a query that does not return a page', () => {
    it('sets `error` to FUNCTION_KIND_MISMATCH', async () => {
      page.deployment.functions.set('rows:page', () => ['not a page'])
      const { query } = mountList()
      await page.tick()
      expect(query.error.value).toMatchObject({ code: 'FUNCTION_KIND_MISMATCH', why: expect.stringContaining('rows:page') })
    })
  })

  describe('an invalid cursor', () => {
    it.each([
      ['the message of the error', invalidCursor()],
      ['the data of the error, as in production', Object.assign(new Error('Server Error'), { data: { isConvexSystemError: true, paginationError: 'InvalidCursor' } })],
    ])('restarts the list if it is reported in %s', async (_by, error) => {
      const { seen, query } = await mountPages(3)
      breakPage('5', error)
      await page.tick()
      expect(seen).toEqual([' LoadingFirstPage', '0,1,2 CanLoadMore'])
      expect(list.takePages()).toEqual(['start +3'])
      expect(page.deployment.liveSockets[0]!.queries.size).toBe(1)
      mend()
      query.loadMore(3)
      await page.tick()
      expect(seen.at(-1)).toBe('0,1,2,3,4,5 CanLoadMore')
    })

    it('is not assumed if the data of the error names another pagination error', async () => {
      const { query } = await mountPages(2)
      breakPage('2', Object.assign(new Error('Server Error'), { data: { paginationError: 'another' } }))
      await page.tick()
      expect(query.status.value).toBe('Error')
    })

    it('sets `error` after three restarts, even if the list had results in between', async () => {
      list.intercept = (result, { cursor }) => {
        if (cursor === '2')
          throw invalidCursor()
        return result
      }
      const { query, seen } = mountList()
      // Loads the next page at once, like a list that is scrolled to its end.
      page.run(() => watch(query.status, status => status === 'CanLoadMore' && query.loadMore(3), { flush: 'sync' }))
      await page.tick(1000)
      expect(list.takePages()).toEqual(Array.from({ length: 4 }, () => ['start +3', '2 +3']).flat())
      expect(seen.at(-1)).toBe('0,1,2 Error InvalidCursor')
      mend()
      await page.tick()
      expect(seen.at(-1)).toMatch(/^0,1,2,3,4,5/)
    })

    it('sets `error` after three restarts if it occurs in the first page', async () => {
      list.intercept = () => {
        throw invalidCursor()
      }
      const { seen } = mountList()
      await page.tick(1000)
      expect(list.takePages()).toEqual(['start +3', 'start +3', 'start +3', 'start +3'])
      expect(seen).toEqual([' LoadingFirstPage', ' Error InvalidCursor'])
    })

    it('restarts the list any number of times if the list recovers all pages in between', async () => {
      const { query, seen } = await mountPages(2)
      for (let round = 0; round < 8; round++) {
        breakPage('2', invalidCursor())
        await page.tick()
        expect(query.status.value).toBe('CanLoadMore')
        mend()
        query.loadMore(3)
        await page.tick()
        expect(seen.at(-1)).toBe('0,1,2,3,4,5 CanLoadMore')
      }
    })

    it('restarts the list at most three times if only a half of a split page has the cursor', async () => {
      const { seen, query } = await mountPages(2)
      list.intercept = (result, { cursor, endCursor }) => {
        if (cursor === '1' && endCursor === '2')
          throw invalidCursor()
        return { ...result, pageStatus: cursor === null && !endCursor ? 'SplitRecommended' : null }
      }
      page.deployment.invalidate()
      await page.tick(1000)
      expect(seen.filter(entry => entry === ' LoadingFirstPage')).toHaveLength(3)
      // The whole page has a result, and is shown.
      expect(seen.at(-1)).toBe('0,1,2 CanLoadMore')
      list.intercept = result => result
      query.loadMore(3)
      await page.tick()
      expect(seen.at(-1)).toBe('0,1,2,3,4,5 CanLoadMore')
    })
  })
})
