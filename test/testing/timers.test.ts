import type { Deployment } from '../../src/testing/index.ts'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { anyApi } from 'convex/server'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startDeployment } from '../../src/testing/index.ts'
import { eventually } from '../support/environment/eventually.ts'
import { createFunctions } from './functions-folder.ts'

const files = {
  'timers.ts': `
    import { promisify } from 'node:util'
    import { actionGeneric } from 'convex/server'

    const day = 24 * 60 * 60 * 1000
    const events = []
    const timeouts = {}

    export const call = actionGeneric(async (ctx, { url }) => (await fetch(url)).text())

    export const set = actionGeneric(async (ctx, { name, delay }) => {
      timeouts[name] = setTimeout(function (...args) { events.push([name, this === timeouts[name], ...args]) }, delay, 'one', 2)
    })
    export const use = actionGeneric(async (ctx, { name, method }) => {
      const result = timeouts[name][method]()
      return typeof result === 'boolean' ? result : result === timeouts[name]
    })
    export const takeEvents = actionGeneric(async () => events.splice(0))

    export const clearAll = actionGeneric(async () => {
      const fire = name => () => { events.push([name]) }
      clearTimeout(setTimeout(fire('timeout'), day))
      clearInterval(setTimeout(fire('timeout as interval'), day))
      clearTimeout(+setTimeout(fire('number'), day))
      clearTimeout(String(+setTimeout(fire('string'), day)))
      setTimeout(fire('closed'), day).close()
      setTimeout(fire('disposed'), day)[Symbol.dispose]()
      const refreshed = setTimeout(fire('refreshed after it was cleared'), day)
      clearTimeout(refreshed)
      refreshed.refresh()
      const interval = setInterval(fire('interval'), 1)
      clearTimeout(interval)
      const other = setInterval(fire('interval by its number'), 1)
      clearInterval(+other)
      clearTimeout(undefined)
      clearTimeout(null)
      clearTimeout({})
    })
    export const refuse = actionGeneric(async () => {
      try { setTimeout('code', 1) }
      catch (error) { return error.code }
    })
    export const sleep = actionGeneric(async () => {
      events.push(['asleep'])
      events.push([await promisify(setTimeout)(day, 'awake')])
    })
  `,
}
const timers = anyApi.timers as Record<'call' | 'set' | 'use' | 'takeEvents' | 'clearAll' | 'refuse' | 'sleep', any>
const DAY = 24 * 60 * 60 * 1000

async function start(): Promise<Deployment> {
  const deployment = await startDeployment({ functions: await createFunctions(files) })
  onTestFinished(() => deployment.close())
  return deployment
}

describe('fetch in a function', () => {
  it('works repeatedly while time passes', async () => {
    let requests = 0
    const server = createServer((_request, response) => response.end(String(++requests)))
    onTestFinished(() => {
      server.close()
      server.closeAllConnections()
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`
    const deployment = await start()
    for (let request = 1; request <= 4; request++) {
      expect(await deployment.action(timers.call, { url })).toBe(String(request))
      // The timers of fetch tick once a second.
      await deployment.advanceClock(2000)
      await deployment.settled()
    }
  })
})

describe('setTimeout in a function', () => {
  it('returns Node\'s object with refresh, ref, unref and hasRef', async () => {
    const deployment = await start()
    const run = (method: string): Promise<boolean> => deployment.action(timers.use, { name: 'a', method })
    const takeEvents = async (): Promise<unknown[]> => {
      await deployment.settled()
      return await deployment.action(timers.takeEvents)
    }
    await deployment.action(timers.set, { name: 'a', delay: DAY })
    expect([await run('hasRef'), await run('unref'), await run('hasRef')]).toEqual([true, true, false])

    await deployment.advanceClock(DAY - 60_000)
    expect(await run('hasRef')).toBe(false)
    expect([await run('refresh'), await run('ref'), await run('hasRef')]).toEqual([true, true, true])
    await deployment.advanceClock(120_000)
    expect(await takeEvents()).toEqual([])
    await deployment.advanceClock(DAY)
    expect(await takeEvents()).toEqual([['a', true, 'one', 2]])

    // A timeout that has fired starts again.
    await deployment.advanceClock(2 * DAY)
    expect(await takeEvents()).toEqual([])
    expect(await run('refresh')).toBe(true)
    await deployment.advanceClock(DAY + 1)
    expect(await takeEvents()).toEqual([['a', true, 'one', 2]])
  })

  it('can be cleared by its object, its number and its own methods', async () => {
    const deployment = await start()
    await deployment.action(timers.clearAll)
    await deployment.advanceClock(2 * DAY)
    await deployment.settled()
    expect(await deployment.action(timers.takeEvents)).toEqual([])
  })

  it('can be promisified, and refuses a callback that is not a function', async () => {
    const deployment = await start()
    expect(await deployment.action(timers.refuse)).toBe('ERR_INVALID_ARG_TYPE')
    const slept = deployment.action(timers.sleep)
    await eventually(() => deployment.action(timers.takeEvents)).toEqual([['asleep']])
    await deployment.advanceClock(DAY)
    await slept
    expect(await deployment.action(timers.takeEvents)).toEqual([['awake']])
  })
})
