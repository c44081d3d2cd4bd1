import type { Deployment, DeploymentOptions } from '../../src/testing/index.ts'
import { anyApi } from 'convex/server'
import { ConvexError } from 'convex/values'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startDeployment } from '../../src/testing/index.ts'
import { add, RawClient } from './raw-client.ts'
import { startApp } from './start-app.ts'

const files = {
  'counters.ts': `
    import { anyApi, actionGeneric, mutationGeneric, queryGeneric } from 'convex/server'
    import { ConvexError } from 'convex/values'
    const { counters } = anyApi
    const find = ctx => ctx.db.query('counters').first()
    export const get = queryGeneric(async ctx => (await find(ctx))?.value ?? 0)
    export const increment = mutationGeneric(async (ctx) => {
      const counter = await find(ctx)
      if (counter)
        await ctx.db.patch(counter._id, { value: counter.value + 1 })
      else
        await ctx.db.insert('counters', { value: 1 })
    })
    export const random = queryGeneric(async () => Math.random())
    export const times = queryGeneric(async (ctx) => {
      const before = Date.now()
      for (let index = 0; index < 100; index++)
        await ctx.db.query('counters').collect()
      return [before, Date.now()]
    })
    export const whoami = queryGeneric(async ctx => [Math.random(), (await ctx.auth.getUserIdentity())?.subject ?? null])
    export const fail = queryGeneric(async () => { throw new Error('a secret') })
    export const refuse = mutationGeneric(async () => { throw new ConvexError('a reason') })
    export const talk = queryGeneric(async () => { console.log('hello', 3); return null })
    export const stuck = queryGeneric(async () => await new Promise(() => {}))
    export const endless = queryGeneric(async () => { for (;;) {} })
    export const fill = mutationGeneric(async (ctx, { count }) => {
      for (let index = 0; index < count; index++)
        await ctx.db.insert('rows', {})
    })
    export const keepBusy = actionGeneric(async (ctx) => {
      for (let index = 0; index < 20; index++)
        await ctx.runMutation(counters.increment, {})
    })
  `,
}
const counters = anyApi.counters as Record<'get' | 'increment' | 'random' | 'times' | 'whoami' | 'fail' | 'refuse' | 'talk' | 'stuck' | 'endless' | 'fill' | 'keepBusy', any>

let folder: string
let deployment: Deployment
beforeAll(async () => {
  const app = await startApp(files);
  ({ deployment, folder } = app)
  return app.close
})

async function start(options: DeploymentOptions): Promise<Deployment> {
  const own = await startDeployment({ functions: folder, ...options })
  onTestFinished(() => own.close())
  return own
}

describe('a mutation that conflicts with another one', () => {
  it('runs again, so that no write is lost', async () => {
    const before = await deployment.query(counters.get)
    await Promise.all(Array.from({ length: 50 }, () => deployment.mutation(counters.increment)))
    expect(await deployment.query(counters.get)).toBe(before + 50)
    await Promise.all([deployment.action(counters.keepBusy), deployment.action(counters.keepBusy)])
    expect(await deployment.query(counters.get)).toBe(before + 90)
  })

  it('succeeds although other clients change the same document all the time', async () => {
    const clients = await Promise.all(Array.from({ length: 10 }, () => RawClient.open(deployment.url)))
    const answers = await Promise.all(clients.map(async (client) => {
      for (let requestId = 0; requestId < 20; requestId++)
        client.mutate(requestId, 'counters:increment', {})
      const received: { success: boolean }[] = []
      while (received.length < 20)
        received.push(await client.nextOf('MutationResponse'))
      return received
    }))
    expect(answers.flat().filter(({ success }) => !success)).toEqual([])
  })
})

describe('a query', () => {
  it('is executed once for all clients that subscribe to it', async () => {
    const clients = await Promise.all(Array.from({ length: 3 }, () => RawClient.open(deployment.url)))
    clients.forEach(client => client.modify(0, add(0, 'counters:random')))
    const results = await Promise.all(clients.map(async client => (await client.nextOf('Transition')).modifications[0].value))
    expect(new Set(results).size).toBe(1)
  })

  it('is executed once for each identity if it reads the identity', async () => {
    const as = (subject: string) => deployment.query(counters.whoami, {}, { identity: { subject } })
    expect(await Promise.all([as('ada'), as('grace')])).toEqual([[expect.any(Number), 'ada'], [expect.any(Number), 'grace']])
  })

  it('reads the same time from its start to its end', async () => {
    const [before, after] = await deployment.query(counters.times)
    expect(after).toBe(before)
  })
})

describe('a function that does not end', () => {
  it('fails alone, and the other calls are answered', async () => {
    const failing = [deployment.query(counters.stuck), deployment.query(counters.endless)].map(call => call.catch((error: Error) => error.message))
    expect(await deployment.query(counters.talk)).toBeNull()
    expect(await Promise.all(failing)).toEqual([
      expect.stringContaining('Returned promise will never resolve'),
      expect.stringContaining('timed out'),
    ])
    expect(await deployment.query(counters.talk)).toBeNull()
  })
})

describe('startDeployment: limits', () => {
  it('fails a mutation that writes too many documents', async () => {
    await expect(deployment.mutation(counters.fill, { count: 16_001 })).rejects.toThrow('Too many writes in a single function execution (limit: 16000)')
  })

  it('only warns with `warn`', async () => {
    const lenient = await start({ limits: 'warn' })
    await lenient.mutation(counters.fill, { count: 16_001 })
  })
})

describe('startDeployment: errors', () => {
  it('shows clients no message in production, but the data of a ConvexError', async () => {
    const production = await start({ errors: 'production' })
    const error = await production.query(counters.fail).catch((error: Error) => error)
    expect(error.message).toMatch(/^\[Request ID: [0-9a-f]{16}\] Server Error$/)
    const refusal = await production.mutation(counters.refuse).catch((error: Error) => error)
    expect(refusal).toBeInstanceOf(ConvexError)
    expect(refusal).toMatchObject({ data: 'a reason', message: expect.not.stringContaining('reason') })
  })

  it('sends the lines of the console to clients in development', async () => {
    const client = await RawClient.open(deployment.url)
    client.modify(0, add(0, 'counters:talk'))
    expect((await client.nextOf('Transition')).modifications).toMatchObject([{ value: null, logLines: ['[LOG] \'hello\' 3'] }])
  })
})
