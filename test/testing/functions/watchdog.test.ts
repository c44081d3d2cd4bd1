import { describe, expect, it } from 'vitest'
import { deferred } from '../../../src/testing/functions/deferred.ts'
import { handlerOf, loadFunctions } from './functions-host.ts'

const FUNCTIONS = {
  'calls.ts': `import { actionGeneric as action, mutationGeneric as mutation, queryGeneric as query } from 'convex/server'
    export const loop = query({ handler: () => { for (;;); } })
    export const never = mutation({ handler: () => new Promise(() => {}) })
    export const short = query({ handler: () => 'ok' })
    export const read = query({ handler: ctx => ctx.db.get('id') })
    export const readAndLoop = query({ handler: async (ctx) => {
      await ctx.db.get('id')
      for (;;);
    } })
    export const logAndLoop = query({ handler: () => {
      console.log('before')
      for (;;);
    } })
    export const act = action({ handler: () => 'done' })
    export const call = action({ handler: ctx => ctx.runQuery('calls:short') })
    export const turns = mutation({ handler: async (ctx) => {
      for (;;) {
        const end = performance.timeOrigin + 10
        for (let count = 0; count < 3e6; count++);
        await ctx.db.get('id')
      }
    } })`,
}

describe('watchdog', () => {
  it('ends an endless loop, interrupts the other calls, and continues with new calls', async () => {
    const { host, run, value, failure } = await loadFunctions(FUNCTIONS)
    const answer = deferred<unknown>()
    const answers = { '1.0/get': () => answer.promise, '1.0/actions/query': () => answer.promise }
    const reading = run('calls:read', { answers })
    const calling = run('calls:call', { answers })

    expect(await failure('calls:loop')).toBe('Function execution timed out (maximum duration: 1s)')
    expect((await reading).outcome).toEqual({ status: 'interrupted' })
    expect((await calling).outcome).toEqual({ status: 'error', error: { message: 'Your request couldn\'t be completed. Try again later.', stack: '' } })
    answer.resolve({ n: 1 })
    expect(await value('calls:read', { answers })).toEqual({ n: 1 })
    expect(await value('calls:short')).toBe('ok')
    expect(host.description.components).toHaveLength(1)
  })

  it('ends the call that loops if the answers to several calls arrive together', async () => {
    const { run, failure } = await loadFunctions(FUNCTIONS)
    const answer = deferred<unknown>()
    let waiting = 0
    const get = (): Promise<unknown> => {
      waiting += 1
      if (waiting === 3)
        answer.resolve({ n: 1 })
      return answer.promise
    }
    const answers = { '1.0/get': get }
    const before = run('calls:read', { answers })
    const looping = failure('calls:readAndLoop', { answers })
    const after = run('calls:read', { answers })

    expect(await looping).toBe('Function execution timed out (maximum duration: 1s)')
    const others = await Promise.all([before, after])
    for (const { outcome } of others)
      expect(['interrupted', 'success']).toContain(outcome.status)
  })

  it('keeps the lines that a call has written before its loop', async () => {
    const { run } = await loadFunctions(FUNCTIONS)
    const { outcome, logLines } = await run('calls:logAndLoop')
    expect(outcome.status).toBe('error')
    expect(logLines.map(({ text }) => text)).toEqual(['[LOG] \'before\''])
  })

  it('keeps the result of an action that ends before another call loops', async () => {
    const { run, failure } = await loadFunctions(FUNCTIONS)
    const acting = run('calls:act')
    await failure('calls:loop')
    expect((await acting).outcome).toEqual({ status: 'success', json: '"done"' })
  })

  it('ends a call whose turns together take too long, and no other call', async () => {
    const { run, value, failure } = await loadFunctions(FUNCTIONS)
    const answer = deferred<unknown>()
    const reading = run('calls:read', { answers: { '1.0/get': () => answer.promise } })

    expect(await failure('calls:turns', { answers: { '1.0/get': () => null } })).toBe('Function execution timed out (maximum duration: 1s)')
    answer.resolve({ n: 1 })
    expect((await reading).outcome).toEqual({ status: 'success', json: '{"n":1}' })
    expect(await value('calls:short')).toBe('ok')
  })

  it('fails a call whose promise never resolves, but not a call with a slow system call', async () => {
    const { value, failure } = await loadFunctions(FUNCTIONS)
    const slow = () => new Promise(resolve => setTimeout(resolve, 500, { n: 1 }))

    const [message, read] = await Promise.all([failure('calls:never'), value('calls:read', { answers: { '1.0/get': slow } })])
    expect(message).toBe('Returned promise will never resolve')
    expect(read).toEqual({ n: 1 })
  })

  it('interrupts the running calls when the host is disposed', async () => {
    const { host } = await loadFunctions(FUNCTIONS, { limits: false })
    const call = { kind: 'mutation', component: '', module: 'calls', export: 'never', argsJson: '[{}]', requestId: '', now: 0, seed: 0 } as const
    const { result } = host.invoke(call, handlerOf({}))

    await host.dispose()
    expect((await result).outcome).toEqual({ status: 'interrupted' })
  })

  it('only warns if the limits are set to "warn"', async () => {
    const call = { kind: 'query', component: '', module: 'slow', export: 'slow', argsJson: '[{}]', requestId: '', now: 0, seed: 0 } as const
    const { host } = await loadFunctions({
      'slow.ts': `import { queryGeneric as query } from 'convex/server'
        export const slow = query({ handler: async (ctx) => {
          while (await ctx.db.get('id') === null)
            for (let count = 0; count < 3e6; count++);
          return 'done'
        } })`,
    }, { limits: 'warn' })

    let isOver = false
    const { result } = host.invoke(call, { ...handlerOf({ '1.0/get': () => isOver ? {} : null }), onLog: () => isOver = true })
    const { outcome, logLines } = await result
    expect(outcome).toEqual({ status: 'success', json: '"done"' })
    expect(logLines.map(({ text }) => text)).toEqual(['[WARN] Function execution timed out (maximum duration: 1s). Convex would end the function here.'])
  })

  it('fails a function that calls process.exit(), and then runs other functions', async () => {
    const { failure, value } = await loadFunctions({
      'node.ts': `"use node"
        import { actionGeneric as action } from 'convex/server'
        export const exit = action({ handler: () => process.exit(1) })
        export const fine = action({ handler: () => 'fine' })`,
    })

    expect(await failure('node:exit')).toBe('The function has ended its process')
    expect(await value('node:fine')).toBe('fine')
  })
})
