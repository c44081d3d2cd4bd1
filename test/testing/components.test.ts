import type { Deployment } from '../../src/testing/index.ts'
import { anyApi } from 'convex/server'
import { beforeAll, describe, expect, it } from 'vitest'
import { startApp } from './start-app.ts'

const files = {
  'convex.config.ts': `
    import { defineApp } from 'convex/server'
    import ledger from './ledger/convex.config'
    const app = defineApp()
    app.use(ledger, { httpPrefix: '/ledger/', env: { GREETING: 'hello' } })
    export default app`,
  'ledger/convex.config.ts': `
    import { defineComponent } from 'convex/server'
    import { v } from 'convex/values'
    export default defineComponent('ledger', { env: { GREETING: v.string() } })`,
  'ledger/entries.ts': `
    import { actionGeneric, internalMutationGeneric, mutationGeneric, queryGeneric } from 'convex/server'
    export const list = queryGeneric(async ctx => (await ctx.db.query('entries').collect()).map(({ text }) => text))
    export const add = mutationGeneric(async (ctx, { text }) => await ctx.db.insert('entries', { text }))
    export const addAndFail = mutationGeneric(async (ctx, { text }) => {
      await ctx.db.insert('entries', { text })
      throw new Error('the ledger is closed')
    })
    export const page = queryGeneric(async (ctx, { paginationOpts }) => {
      const { page, ...rest } = await ctx.db.query('entries').paginate(paginationOpts)
      return { ...rest, page: page.map(({ text }) => text) }
    })
    export const store = actionGeneric(async (ctx, { text }) => await ctx.storage.store(new Blob([text])))
    export const file = queryGeneric(async (ctx, { id }) => [
      await ctx.storage.getUrl(id),
      (await ctx.db.system.query('_storage').collect()).map(({ size }) => size),
    ])
    export const tick = internalMutationGeneric(async ctx => await ctx.db.insert('entries', { text: 'tick' }))
    export const callBack = mutationGeneric(async (ctx, { handle, text }) => await ctx.runMutation(handle, { text }))
    export const callBackLater = mutationGeneric(async (ctx, { handle, text }) => await ctx.scheduler.runAfter(0, handle, { text }))
    export const environment = queryGeneric(async ctx => [process.env.GREETING ?? null, process.env.SECRET ?? null, (await ctx.auth.getUserIdentity())?.subject ?? null])`,
  'ledger/crons.ts': `
    import { anyApi, cronJobs } from 'convex/server'
    const crons = cronJobs()
    crons.interval('tick', { hours: 1 }, anyApi.entries.tick, {})
    export default crons`,
  'ledger/http.ts': `
    import { httpActionGeneric, httpRouter } from 'convex/server'
    const http = httpRouter()
    http.route({ path: '/status', method: 'GET', handler: httpActionGeneric(async ctx => Response.json(await ctx.runQuery('entries:list', {}))) })
    export default http`,
  'app.ts': `
    import { actionGeneric, anyApi, componentsGeneric, createFunctionHandle, internalMutationGeneric, mutationGeneric, queryGeneric } from 'convex/server'
    const { entries } = componentsGeneric().ledger
    export const list = queryGeneric(async ctx => [await ctx.runQuery(entries.list, {}), (await ctx.db.query('notes').collect()).map(({ text }) => text)])
    export const note = internalMutationGeneric(async (ctx, { text }) => { await ctx.db.insert('notes', { text }) })
    export const both = mutationGeneric(async (ctx, { text }) => {
      await ctx.db.insert('notes', { text })
      await ctx.runMutation(entries.add, { text })
    })
    export const bothAndFail = mutationGeneric(async (ctx, { text }) => {
      await ctx.db.insert('notes', { text })
      await ctx.runMutation(entries.add, { text })
      throw new Error('never mind')
    })
    export const survive = mutationGeneric(async (ctx, { text }) => {
      await ctx.db.insert('notes', { text })
      return await ctx.runMutation(entries.addAndFail, { text }).then(() => 'added', error => error.message)
    })
    export const hidden = mutationGeneric(async ctx => await ctx.runMutation(entries.tick, {}))
    export const viaHandle = mutationGeneric(async (ctx, { text }) => {
      const handle = await createFunctionHandle(anyApi.app.note)
      await ctx.runMutation(entries.callBack, { handle, text })
      await ctx.runMutation(entries.callBackLater, { handle, text: text + ' later' })
    })
    export const environment = queryGeneric(async ctx => await ctx.runQuery(entries.environment, {}))
    export const page = queryGeneric(async (ctx, args) => await ctx.runQuery(entries.page, args))
    export const addLater = mutationGeneric(async (ctx, { text }) => await ctx.scheduler.runAfter(60_000, entries.add, { text }))
    export const job = queryGeneric(async (ctx, { id }) => (await ctx.db.system.get(id)).state.kind)
    export const store = actionGeneric(async (ctx, { text }) => await ctx.runAction(entries.store, { text }))
    export const file = queryGeneric(async (ctx, { id }) => await ctx.runQuery(entries.file, { id }))
    export const files = queryGeneric(async ctx => (await ctx.db.system.query('_storage').collect()).length)`,
}
const app = anyApi.app as Record<'list' | 'both' | 'bothAndFail' | 'survive' | 'hidden' | 'viaHandle' | 'environment' | 'page' | 'addLater' | 'job' | 'store' | 'file' | 'files', any>

let deployment: Deployment
beforeAll(async () => {
  const app = await startApp(files, { env: { SECRET: 'of the app' } })
  deployment = app.deployment
  return app.close
})

describe('a component', () => {
  it('runs its crons, for the first time when the deployment starts', async () => {
    await deployment.settled()
    expect(await deployment.query(app.list)).toEqual([['tick'], []])
  })

  it('shares the transaction of its caller, and is rolled back with it', async () => {
    await deployment.mutation(app.both, { text: 'one' })
    await expect(deployment.mutation(app.bothAndFail, { text: 'two' })).rejects.toThrow('never mind')
    expect(await deployment.query(app.list)).toEqual([['tick', 'one'], ['one']])
  })

  it('is rolled back alone if its caller catches the error', async () => {
    expect(await deployment.mutation(app.survive, { text: 'three' })).toContain('the ledger is closed')
    expect(await deployment.query(app.list)).toEqual([['tick', 'one'], ['one', 'three']])
  })

  it('does not let its parent call internal functions', async () => {
    await expect(deployment.mutation(app.hidden)).rejects.toThrow('Could not find function for \'entries.js:tick\'')
  })

  it('calls and schedules a function of the app by its handle', async () => {
    await deployment.mutation(app.viaHandle, { text: 'by handle' })
    await deployment.settled()
    expect(await deployment.query(app.list)).toEqual([['tick', 'one'], ['one', 'three', 'by handle', 'by handle later']])
  })

  it('sees only its own environment variables, and not the identity of the user', async () => {
    expect(await deployment.query(app.environment, {}, { identity: { subject: 'ada' } })).toEqual(['hello', null, null])
  })

  it('answers HTTP requests whose path begins with its prefix', async () => {
    expect(await (await fetch(`${deployment.siteUrl}/ledger/status`)).json()).toEqual(['tick', 'one'])
    expect((await fetch(`${deployment.siteUrl}/status`)).status).toBe(404)
  })

  it('reads its table page by page', async () => {
    const first = await deployment.query(app.page, { paginationOpts: { numItems: 1, cursor: null } })
    expect(first).toMatchObject({ page: ['tick'], isDone: false })
    const rest = await deployment.query(app.page, { paginationOpts: { numItems: 10, cursor: first.continueCursor } })
    expect(rest).toMatchObject({ page: ['one'], isDone: true })
  })

  it('runs a function that its parent has scheduled, and the parent sees the state', async () => {
    const id = await deployment.mutation(app.addLater, { text: 'scheduled' })
    expect(await deployment.query(app.job, { id })).toBe('pending')
    await deployment.advanceClock(60_000)
    await deployment.settled()
    expect(await deployment.query(app.job, { id })).toBe('success')
    expect((await deployment.query(app.list))[0]).toContain('scheduled')
  })

  it('has files of its own, which its parent does not see', async () => {
    const id = await deployment.action(app.store, { text: 'a file' })
    const [url, sizes] = await deployment.query(app.file, { id })
    expect(sizes).toEqual([6])
    expect(await (await fetch(url)).text()).toBe('a file')
    expect(await deployment.query(app.files)).toBe(0)
  })
})
