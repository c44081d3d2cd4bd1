import type { Deployment } from '../../src/testing/index.ts'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { anyApi } from 'convex/server'
import { describe, expect, it, onTestFinished } from 'vitest'
import { eventually } from '../support/environment/eventually.ts'
import { startTestApp } from './start-app.ts'

const files = {
  'timers.ts': `
    import { actionGeneric, mutationGeneric } from 'convex/server'

    const day = 24 * 60 * 60 * 1000
    const events = []

    export const call = actionGeneric(async (ctx, { url }) => (await fetch(url)).text())
    export const takeEvents = actionGeneric(async () => events.splice(0))

    export const use = actionGeneric(async () => {
      const { promise, resolve } = Promise.withResolvers()
      const timeout = setTimeout(function (...args) {
        events.push(args)
        if (events.length === 1)
          timeout.refresh()
        else
          resolve()
      }, day, 'one', 2)
      events.length = 0
      timeout.unref()
      timeout.ref()
      await promise
    })

    export const clearAll = actionGeneric(async () => {
      const fire = name => () => { events.push([name]) }
      clearTimeout(setTimeout(fire('timeout'), day))
      clearInterval(setTimeout(fire('timeout as interval'), day))
      clearTimeout(+setTimeout(fire('number'), day))
      clearTimeout(String(+setTimeout(fire('string'), day)))
      setTimeout(fire('closed'), day).close()
      setTimeout(fire('disposed'), day)[Symbol.dispose]()
      const interval = setInterval(fire('interval'), 1)
      clearTimeout(interval)
      const other = setInterval(fire('interval by its number'), 1)
      clearInterval(+other)
      clearTimeout(undefined)
      clearTimeout(null)
      clearTimeout({})
      await new Promise(resolve => setTimeout(resolve, 2 * day))
    })
    export const leave = actionGeneric(async () => {
      setTimeout(() => { events.push(['left behind']) }, day)
    })
    export const refuse = actionGeneric(async () => {
      try { setTimeout('code', 1) }
      catch (error) { return error.name }
    })
    export const wait = mutationGeneric(async () => {
      await new Promise(resolve => setTimeout(resolve, 1))
    })
  `,
}
const timers = anyApi.timers as Record<'call' | 'use' | 'takeEvents' | 'clearAll' | 'leave' | 'refuse' | 'wait', any>
const DAY = 24 * 60 * 60 * 1000

async function start(): Promise<Deployment> {
  // With limits, an action would end after 10 minutes.
  return (await startTestApp(files, { limits: false })).deployment
}

describe('fetch in a function', () => {
  it('works repeatedly while the clock is set forward', async () => {
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

describe('setTimeout in an action', () => {
  it('returns an object with refresh, ref and unref, which fires on the deployment\'s clock', async () => {
    const deployment = await start()
    const ended = deployment.action(timers.use).then(() => 'ended')
    await eventually(async () => {
      await deployment.advanceClock(DAY)
      return await Promise.race([ended, Promise.resolve('running')])
    }).toBe('ended')
    expect(await deployment.action(timers.takeEvents)).toEqual([['one', 2], ['one', 2]])
  })

  it('returns a timer that can be cleared by the object, by its number and by its methods', async () => {
    const deployment = await start()
    const ended = deployment.action(timers.clearAll).then(() => 'ended')
    await eventually(async () => {
      await deployment.advanceClock(DAY)
      return await Promise.race([ended, Promise.resolve('running')])
    }).toBe('ended')
    expect(await deployment.action(timers.takeEvents)).toEqual([])
  })

  it('does not fire after the action has ended, as on Convex', async () => {
    const deployment = await start()
    await deployment.action(timers.leave)
    await deployment.advanceClock(2 * DAY)
    await deployment.settled()
    expect(await deployment.action(timers.takeEvents)).toEqual([])
  })

  it('refuses a callback that is not a function', async () => {
    const deployment = await start()
    expect(await deployment.action(timers.refuse)).toBe('TypeError')
  })
})

describe('setTimeout in a mutation', () => {
  it('is refused with Convex\'s error message', async () => {
    const deployment = await start()
    await expect(deployment.mutation(timers.wait)).rejects.toThrow('Can\'t use setTimeout in queries and mutations. Please consider using an action.')
  })
})
