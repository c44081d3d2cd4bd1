import type { Snapshot } from '../../src/testing/runtime/data.ts'
import { describe, expect, it } from 'vitest'
import { QueryResult } from '../../src/testing/runtime/query-result.ts'
import { SharedQueries } from '../../src/testing/runtime/shared-queries.ts'

const SNAPSHOT = { ts: 1n } as Snapshot

/** Queries whose functions return their names, and the names of those that have run. */
function startQueries(): { read: (name: string) => Promise<QueryResult>, executed: string[] } {
  const executed: string[] = []
  const queries = new SharedQueries(async ({ name }, { ts }) => {
    executed.push(name)
    const outcome = { status: 'success' as const, json: name, logLines: [] }
    return new QueryResult({ outcome, journal: null, ts, readsIdentity: false, readsTime: false })
  })
  return { read: name => queries.read({ name, args: {}, identity: null, journal: null, caller: 'client' }, SNAPSHOT), executed }
}

describe('sharedQueries', () => {
  it('keeps all results that are in use, and of the unused results those that were read last', async () => {
    const { read, executed } = startQueries()
    const names = Array.from({ length: 1_500 }, (_, index) => `unused ${index}`)
    const used = await read('used')
    const release = used.use(() => {})
    for (const name of names)
      await read(name)
    executed.length = 0

    expect(await read('used')).toBe(used)
    await read(names.at(-1)!)
    expect(executed).toEqual([])
    await read(names[0]!)
    expect(executed).toEqual([names[0]])
    release()
    for (const name of names)
      await read(name)
    expect(await read('used')).not.toBe(used)
  })

  it('drops a result so that it is not used at later timestamps', async () => {
    const { read } = startQueries()
    const dropped = await read('dropped')
    for (let index = 0; index < 1_500; index++)
      await read(`unused ${index}`)
    expect(dropped.isCurrent).toBe(false)
    expect([dropped.isValidAt(1n), dropped.isValidAt(2n)]).toEqual([true, false])
  })
})
