import { describe, expect, it } from 'vitest'
import { QueryResult } from '../../src/testing/runtime/query-result.ts'
import { QuerySet } from '../../src/testing/sync/query-set.ts'

const SESSION = { identity: null, isAdmin: false }

describe('QuerySet.refresh', () => {
  it('reads and returns results in the order in which the queries were added', async () => {
    let version = 1n
    const read: string[] = []
    const results = new Map<string, QueryResult>()
    const queries = new QuerySet(() => {})
    const refresh = async (): Promise<number[]> => {
      const modifications = await queries.refresh(SESSION, async ({ name }) => {
        read.push(name)
        const outcome = { status: 'success' as const, json: String(version), logLines: [] }
        const result = new QueryResult({ outcome, journal: null, ts: version, readsIdentity: false, readsTime: false })
        results.set(name, result)
        return result
      })
      return modifications.map(text => JSON.parse(text).queryId)
    }
    for (const [queryId, name] of ['a:first', 'a:second', 'a:third'].entries())
      queries.modify({ type: 'Add', queryId, udfPath: name, args: [{}] })
    expect(await refresh()).toEqual([0, 1, 2])

    version = 2n
    for (const name of ['a:third', 'a:first', 'a:second'])
      results.get(name)!.invalidate(version)
    read.length = 0
    expect(await refresh()).toEqual([0, 1, 2])
    expect(read).toEqual(['a:first', 'a:second', 'a:third'])
  })
})
