import { request as sendRequest } from 'node:http'
import { describe, expect, it } from 'vitest'
import { eventually } from '../support/environment/eventually.ts'
import { useViteApps } from './vite-app.ts'

const FUNCTIONS = `import { v } from 'convex/values'
import { internalMutation, mutation, query } from './_generated/server'
export const add = mutation({ args: { text: v.string() }, handler: async (ctx, { text }) => {
  console.log('Adding', text)
  await ctx.scheduler.runAfter(3_600_000, 'notes:add', { text: 'later' })
  return await ctx.db.insert('notes', { text, rank: -text.length })
} })
export const upload = mutation(async ctx => await ctx.storage.generateUploadUrl())
export const whoami = query(async ctx => (await ctx.auth.getUserIdentity()) ?? 'anonymous')
export const clear = internalMutation(async () => 'internal')
`

const SCHEMA = `import { defineSchema, defineTable } from 'convex/server'
import { v } from 'convex/values'
export default defineSchema({
  notes: defineTable({ text: v.string(), rank: v.number() }).index('by_rank', ['rank']),
  user: defineTable({ name: v.string(), email: v.string() }),
})
`

/** An app with cron jobs, and a component that has a cron job and schedules a function. */
const JOBS = {
  'convex.config.ts': `import { defineApp } from 'convex/server'
    import parcels from './parcels/convex.config'
    const app = defineApp()
    app.use(parcels)
    export default app\n`,
  'crons.ts': `import { anyApi, cronJobs } from 'convex/server'
    const crons = cronJobs()
    crons.interval('every hour', { hours: 1 }, anyApi.work.plan, {})
    crons.interval('failing', { seconds: 90 }, anyApi.work.fail, {})
    crons.daily('nightly', { hourUTC: 3, minuteUTC: 5 }, anyApi.work.fail, {})
    export default crons\n`,
  'work.ts': `import { internalMutationGeneric } from 'convex/server'
    export const plan = internalMutationGeneric(async () => {})
    export const fail = internalMutationGeneric(async () => { throw new Error('not today') })\n`,
  'parcels/convex.config.ts': `import { defineComponent } from 'convex/server'
    export default defineComponent('parcels')\n`,
  'parcels/crons.ts': `import { anyApi, cronJobs } from 'convex/server'
    const crons = cronJobs()
    crons.interval('tick', { hours: 2 }, anyApi.work.tick, {})
    export default crons\n`,
  'parcels/work.ts': `import { anyApi, internalMutationGeneric } from 'convex/server'
    export const deliver = internalMutationGeneric(async () => {})
    export const tick = internalMutationGeneric(async ctx => {
      await ctx.scheduler.runAfter(3_600_000, anyApi.work.deliver, {})
    })\n`,
}

describe('the data viewer of convue/vite', () => {
  const createApp = useViteApps()

  async function startApp() {
    const app = createApp({ functions: false })
    app.write('convex/notes.ts', FUNCTIONS)
    app.write('convex/schema.ts', SCHEMA)
    app.write('convex/people.ts', `import { mutation } from './_generated/server'
      export const add = mutation(async ctx => await ctx.db.insert('user', { name: 'Ada', email: 'ada@example.com' }))\n`)
    const { url } = await app.start({ data: false }, { server: { allowedHosts: true } })
    const get = async (path: string): Promise<any> => await (await fetch(`${url}/__convue/api/${path}`)).json()
    const run = async (name: string, args: object = {}, subject: string | null = null): Promise<any> =>
      await (await fetch(`${url}/__convue/api/run`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ component: '', name, args, subject }),
      })).json()
    return { url, get, run }
  }

  it('serves a page whose script and style need its nonce', async () => {
    const { url } = await startApp()
    for (const path of ['/__convue', '/__convue/']) {
      const page = await fetch(url + path)
      const html = await page.text()
      expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; .*frame-ancestors 'self'/)
      expect(page.headers.get('content-security-policy')).toContain(`script-src 'nonce-${/nonce="([^"]+)"/.exec(html)![1]}'`)
      expect(html).not.toContain('#/requests"')
      expect(html).toContain('#/tables')
    }
    expect((await fetch(`${url}/__convue/api/unknown`)).status).toBe(404)
  })

  it('lists tables, and their rows by each index, page by page', async () => {
    const { get, run } = await startApp()
    for (let length = 1; length <= 60; length++)
      await run('notes:add', { text: 'x'.repeat(length) })
    expect(await get('tables')).toContainEqual({ component: '', name: 'notes', indexes: expect.arrayContaining(['by_creation_time', 'by_rank']) })
    const first = await get('rows?table=notes&order=desc')
    expect(first.page).toHaveLength(50)
    expect(first.page[0].text).toHaveLength(60)
    const second = await get(`rows?table=notes&order=desc&cursor=${encodeURIComponent(first.continueCursor)}`)
    expect(second.page.map(({ text }: any) => text.length)).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2, 1])
    const byRank = await get('rows?table=notes&index=by_rank&order=desc')
    expect(byRank.page[0].text).toBe('x')
  })

  it('shows the log, and the scheduled functions', async () => {
    const { get, run } = await startApp()
    await run('notes:add', { text: 'one' })
    await eventually(async () => (await get('log')).entries).toContainEqual(expect.objectContaining({
      name: 'notes:add',
      args: { text: 'one' },
      subject: null,
      outcome: 'success',
      logLines: [expect.stringContaining('Adding')],
    }))
    expect(await get('scheduled')).toMatchObject({
      scheduled: [{ component: '', name: expect.stringContaining('notes'), args: [{ text: 'later' }], state: { kind: 'pending' } }],
      crons: [],
    })
    expect(await get('mails')).toEqual([])
  })

  it('shows the cron jobs, and the scheduled functions and cron jobs of components', async () => {
    const app = createApp({ functions: false })
    for (const [file, text] of Object.entries(JOBS))
      app.write(`convex/${file}`, text)
    const { url } = await app.start({ data: false })
    const jobs = async (): Promise<any> => await (await fetch(`${url}/__convue/api/scheduled`)).json()
    const ended = (status: string): object => ({ time: expect.any(Number), status })
    const nextTime = expect.any(Number)
    await eventually(async () => (await jobs()).crons).toEqual([
      { component: '', name: 'every hour', function: 'work:plan', args: {}, schedule: 'every 1 hour', nextTime, lastRun: ended('success') },
      { component: '', name: 'failing', function: 'work:fail', args: {}, schedule: 'every 90 seconds', nextTime, lastRun: ended('error') },
      { component: '', name: 'nightly', function: 'work:fail', args: {}, schedule: 'daily at 03:05 UTC', nextTime, lastRun: null },
      { component: 'parcels', name: 'tick', function: 'work:tick', args: {}, schedule: 'every 2 hours', nextTime, lastRun: ended('success') },
    ])
    // The cron job of the component has scheduled it.
    expect((await jobs()).scheduled).toContainEqual(expect.objectContaining({
      component: 'parcels',
      name: expect.stringContaining('work'),
      state: { kind: 'pending' },
    }))
  })

  it('lists stored files with their addresses', async () => {
    const { get, run } = await startApp()
    const { value: address } = await run('notes:upload')
    await fetch(address, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'A fern' })
    const [file] = await get('files')
    expect(file).toMatchObject({ component: '', contentType: 'text/plain', size: 6 })
    expect(file.key).toBeUndefined()
    expect(await (await fetch(file.url)).text()).toBe('A fern')
  })

  it('runs public and internal functions, anonymously and as a user', async () => {
    const { get, run } = await startApp()
    expect(await get('functions')).toContainEqual(expect.objectContaining({ name: 'notes:clear', kind: 'mutation', visibility: 'internal' }))
    expect(await run('notes:clear')).toMatchObject({ status: 'success', value: 'internal' })
    expect(await run('notes:whoami')).toMatchObject({ status: 'success', value: 'anonymous' })
    const { value: id } = await run('people:add')
    expect(await get('users')).toEqual([{ subject: id, label: 'ada@example.com' }])
    const tables = await get('tables')
    expect(await run('notes:whoami', {}, id)).toMatchObject({ value: { subject: id, name: 'Ada', email: 'ada@example.com' } })
    expect(await run('notes:add', { text: 1 })).toMatchObject({ status: 'error', errorMessage: expect.stringContaining('ArgumentValidationError') })
    expect(await get('tables')).toEqual(tables)
  })

  it('refuses other hosts, and pages of other origins', async () => {
    const { url } = await startApp()
    const { hostname, port, host } = new URL(url)
    const statusOf = (path: string, headers: Record<string, string>, method = 'GET'): Promise<number> => new Promise((resolve, reject) => {
      sendRequest({ hostname, port, path, headers, method }, response => resolve(response.resume().statusCode!)).on('error', reject).end(method === 'POST' ? '{"name":"notes:clear"}' : undefined)
    })
    const data = '/__convue/api/tables'
    const json = { 'content-type': 'application/json' }
    expect(await statusOf(data, {})).toBe(200)
    expect(await statusOf(data, { 'sec-fetch-site': 'same-origin' })).toBe(200)
    expect(await statusOf(data, { host: 'rebound.example' })).toBe(403)
    expect(await statusOf(data, { 'sec-fetch-site': 'same-site' })).toBe(403)
    expect(await statusOf(data, { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' })).toBe(403)
    expect(await statusOf('/__convue', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' })).toBe(200)
    expect(await statusOf('/__convue', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' })).toBe(403)
    expect(await statusOf('/__convue/api/run', { ...json, origin: url }, 'POST')).toBe(200)
    expect(await statusOf('/__convue/api/run', { ...json, origin: 'https://evil.example' }, 'POST')).toBe(403)
    expect(await statusOf('/__convue/api/run', { ...json, origin: 'null' }, 'POST')).toBe(403)
    expect(await statusOf('/__convue/api/run', { 'content-type': 'text/plain', 'origin': `http://${host}` }, 'POST')).toBe(500)
  })
})
