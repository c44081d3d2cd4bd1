import type { Deployment } from '../../../src/testing/index.ts'
import process from 'node:process'
import { anyApi } from 'convex/server'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { add, RawClient } from '../raw-client.ts'
import { startApp } from '../start-app.ts'

const files = {
  'output.ts': `
    import { ConvexError } from 'convex/values'
    import { actionGeneric, anyApi, internalMutationGeneric, mutationGeneric, queryGeneric } from 'convex/server'

    const writeLines = (_ctx, { count }) => {
      for (let line = 0; line < count; line++)
        console.log(line)
    }
    export const lines = queryGeneric(writeLines)
    export const linesInAction = actionGeneric(writeLines)
    export const longLine = queryGeneric(() => { console.log('a'.repeat(33_000)) })
    export const levels = queryGeneric(() => {
      console.debug('one')
      console.info('two')
      console.log('three', { a: 1 })
      console.warn('four')
      console.error('five')
    })
    export const fails = queryGeneric(async (ctx) => {
      await ctx.db.query('rows').collect()
      throw new Error('always the same')
    })
    export const failsWithData = mutationGeneric(() => { throw new ConvexError({ big: 2n ** 40n, bytes: new Uint8Array([1, 2]).buffer }) })
    export const add = mutationGeneric(async (ctx) => { await ctx.db.insert('rows', {}) })
    export const failLater = mutationGeneric(async ctx => await ctx.scheduler.runAfter(0, anyApi.output.failNow, {}))
    export const failNow = internalMutationGeneric(() => { throw new Error('of a scheduled function') })`,
}
const { output } = anyApi as Record<string, any>

let deployment: Deployment
beforeAll(async () => {
  const app = await startApp(files)
  deployment = app.deployment
  return app.close
})

/** Runs a function and returns the lines that it has written. */
async function linesOf(kind: 'query' | 'action', name: string, args: object = {}): Promise<string[]> {
  await (kind === 'query' ? deployment.query(output[name], args) : deployment.action(output[name], args))
  await deployment.settled()
  return deployment.log.findLast(entry => entry.name === `output:${name}`)!.logLines
}

describe('the console of a function', () => {
  // The deployment also writes the lines to the terminal.
  beforeEach(() => {
    for (const stream of [process.stdout, process.stderr])
      vi.spyOn(stream, 'write').mockReturnValue(true)
  })

  it('writes the level, and objects in several lines', async () => {
    expect(await linesOf('query', 'levels')).toEqual([
      '[DEBUG] \'one\'',
      '[INFO] \'two\'',
      '[LOG] \'three\' {\n  a: 1\n}',
      '[WARN] \'four\'',
      '[ERROR] \'five\'',
    ])
  })

  it.each([['query', 'lines'], ['action', 'linesInAction']] as const)('keeps 256 lines, the last of which reports omitted lines: %s', async (kind, name) => {
    const kept = await linesOf(kind, name, { count: 300 })
    expect(kept).toHaveLength(256)
    expect(kept.slice(254)).toEqual(['[LOG] 254', '[ERROR] Log overflow (maximum 256). Remaining log lines omitted.'])
    expect(await linesOf(kind, name, { count: 255 })).toHaveLength(255)
  })

  it('cuts a line after 32,768 characters', async () => {
    const [line] = await linesOf('query', 'longLine')
    expect(line).toHaveLength('[LOG] '.length + 32_768 + ' (truncated due to length)'.length)
  })
})

describe('a failing query', () => {
  it('is not sent again if it fails in the same way', async () => {
    const client = await RawClient.open(deployment.url)
    client.modify(0, add(1, 'output:fails'))
    expect((await client.nextOf('Transition')).modifications).toMatchObject([{ type: 'QueryFailed' }])
    await deployment.settled()
    deployment.log.length = 0
    await deployment.mutation(output.add)
    await deployment.settled()
    expect(deployment.log.filter(({ name }) => name === 'output:fails')).toHaveLength(1)
    expect(client.received.slice(1).flatMap(({ modifications }) => modifications ?? [])).toEqual([])
  })
})

describe('the data of a ConvexError', () => {
  it('may contain values of every type', async () => {
    await expect(deployment.mutation(output.failsWithData)).rejects.toMatchObject({ data: { big: 2n ** 40n, bytes: new Uint8Array([1, 2]).buffer } })
  })
})

describe('a scheduled function that fails', () => {
  it('appears in the log with its error', async () => {
    await deployment.mutation(output.failLater)
    await deployment.settled()
    expect(deployment.log.findLast(({ name }) => name === 'output:failNow')).toMatchObject({
      kind: 'mutation',
      outcome: 'error',
      detail: expect.stringContaining('Uncaught Error: of a scheduled function'),
    })
  })
})
