import type { JSONValue, Value } from 'convex/values'
import type { SsrRequest } from '../../../src/ssr/collect-ssr-data.ts'
import { ConvexError } from 'convex/values'
import { collectSsrData, ConvueError } from 'convue'
import { beforeEach, describe, expect, it } from 'vitest'
import { describeQuery } from '../../../src/shared/query-descriptor.ts'

/** The queries that ran, and the identity of each. */
let requested: string[]
beforeEach(() => {
  requested = []
})

/** A request of this user (`null` for anonymous). `preload` returns the results of its queries. */
function requestOf(userId: string | null, preload: () => JSONValue = () => `of ${userId}`): SsrRequest {
  return {
    preloadByName: async (name: string, args: Record<string, Value>) => {
      requested.push(`${name} ${JSON.stringify(args)} as ${userId}`)
      return { value: preload(), userId }
    },
  }
}

const collect = (request = requestOf('ada')) => collectSsrData({ request, anonymousRequest: requestOf(null) })
function page(id: number, cursor: string | null = null) {
  return describeQuery('optional', 'items:list', { paginationOpts: { numItems: 2, cursor, id } })
}

describe('collectSsrData', () => {
  it('fetches a query once, and collects its result as JSON', async () => {
    const ssrData = collect(requestOf('ada', () => ({ $integer: 'AQAAAAAAAAA=' })))
    const query = describeQuery('required', 'values:get', { id: 1 })
    expect(ssrData.fetch(query, 'ada')).toBe(ssrData.fetch(query, 'ada'))
    expect(await ssrData.fetch(query, 'ada')).toEqual({ status: 'success', value: 1n })
    expect(requested).toEqual(['values:get {"id":1} as ada'])
    expect(ssrData.results).toEqual({ [query.key]: { userId: 'ada', outcome: { value: { $integer: 'AQAAAAAAAAA=' } } } })
  })

  it('fetches the first page of a list once for all lists that show it', async () => {
    const ssrData = collect()
    await Promise.all([ssrData.fetch(page(1), 'ada'), ssrData.fetch(page(2), 'ada'), ssrData.fetch(page(3, 'next'), 'ada')])
    expect(requested).toHaveLength(2)
    expect(Object.keys(ssrData.results)).toHaveLength(2)
  })

  it('runs queries anonymously for an anonymous identity', async () => {
    const ssrData = collect()
    await ssrData.fetch(describeQuery('public', 'values:get', {}), null)
    expect(requested).toEqual(['values:get {} as null'])
    expect(Object.values(ssrData.results)).toEqual([{ userId: null, outcome: { value: 'of null' } }])
  })

  it('does not fetch a query that may not run as the current identity', () => {
    const { fetch } = collect()
    expect(fetch(describeQuery('optional', 'values:get', {}), undefined)).toBeUndefined()
    expect(fetch(describeQuery('required', 'values:get', {}), null)).toBeUndefined()
    expect(requested).toEqual([])
  })

  it('does not show a result that belongs to a user other than the page\'s user', async () => {
    const ssrData = collect(requestOf('bob'))
    const outcome = await ssrData.fetch(describeQuery('optional', 'values:get', {}), 'ada')
    expect(outcome).toMatchObject({ status: 'error', error: { code: 'IDENTITY_CHANGED' } })
    expect(JSON.stringify(ssrData.results)).not.toContain('of bob')
  })

  it.each([
    new ConvexError({ code: 'BROKEN', count: 3n }),
    new ConvueError({ code: 'FUNCTION_REQUEST_FAILED', why: 'No answer.', fix: 'Wait.' }),
    new Error('out of order'),
  ])('collects errors as JSON and never rejects: %s', async (failure) => {
    const ssrData = collect(requestOf('ada', () => {
      throw failure
    }))
    const query = describeQuery('optional', 'values:get', {})
    const outcome = await ssrData.fetch(query, 'ada')
    expect(outcome).toEqual({ status: 'error', error: failure })
    expect((outcome as { error: Error }).error.constructor).toBe(failure.constructor)
    expect(structuredClone(ssrData.results)).toEqual(JSON.parse(JSON.stringify(ssrData.results)))
  })

  it('settles once all queries that were requested have a result', async () => {
    const ssrData = collect()
    void ssrData.fetch(page(1), 'ada')
    expect(ssrData.results).toEqual({})
    await ssrData.settled()
    expect(Object.keys(ssrData.results)).toHaveLength(1)
  })
})
