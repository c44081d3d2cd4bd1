import { describe, expect, it } from 'vitest'
import { bundleFunctions } from '../../../src/testing/functions/bundle.ts'
import { componentEnvironments } from '../../../src/testing/functions/environment.ts'
import { createFunctions } from '../functions-folder.ts'
import { loadFolder, loadFunctions } from './functions-host.ts'

const BUILDERS = `import { actionGeneric as action, mutationGeneric as mutation, queryGeneric as query } from 'convex/server'
import { ConvexError } from 'convex/values'
`

describe('console', () => {
  it('writes the lines of a call as Convex does', async () => {
    const { run } = await loadFunctions({
      'lines.ts': `${BUILDERS}
        export const write = query({ handler: () => {
          console.log('hello', 3, true, null, undefined, 10n)
          console.warn({ a: 1, nested: { list: ['x'] } })
          console.error(new Error('boom'))
          console.info('it\\'s', [])
          console.debug(new Map([['k', 1]]), new Set())
          console.time('t')
          console.timeEnd('missing')
        } })
        export const silent = query({ handler: () => {} })`,
    })

    const [write, silent] = await Promise.all([run('lines:write'), run('lines:silent')])
    expect(write.logLines.map(({ text }) => text)).toEqual([
      '[LOG] \'hello\' 3 true null undefined 10n',
      '[WARN] {\n  a: 1,\n  nested: {\n    list: [ \'x\' ]\n  }\n}',
      '[ERROR] [Error: boom]',
      '[INFO] \'it\\\'s\' []',
      '[DEBUG] Map (1) {\n  \'k\' => 1\n} Set (0) {}',
      '[WARN] Timer \'missing\' does not exist',
    ])
    expect(silent.logLines).toEqual([])
  })
})

describe('errors of functions', () => {
  it('contain the message, the place in the sources and the data of a ConvexError', async () => {
    const { run } = await loadFunctions({
      'errors.ts': `${BUILDERS}
class OwnError extends TypeError { name = 'OwnError' }
export const plain = query({ handler: () => { throw new Error('No such task') } })
export const own = mutation({ handler: async () => { throw new OwnError('mine') } })
export const data = action({ handler: () => { throw new ConvexError({ code: 1n, text: 'no' }) } })
export const text = action({ handler: () => { throw 'only text' } })
export const nested = action({ handler: ctx => ctx.runQuery('errors:plain') })
`,
    })
    const errorOf = async (name: string, answers = {}) => {
      const { outcome } = await run(name, { answers })
      return outcome.status === 'error' ? outcome.error : undefined
    }

    const plain = await errorOf('errors:plain')
    expect(plain!.message).toBe('Uncaught Error: No such task')
    expect(plain!.stack).toMatch(/errors\.ts:5:\d+/)
    expect((await errorOf('errors:own'))!.message).toBe('Uncaught OwnError: mine')
    expect(JSON.parse((await errorOf('errors:data'))!.dataJson!)).toEqual({ code: { $integer: 'AQAAAAAAAAA=' }, text: 'no' })
    expect((await errorOf('errors:text'))!.message).toBe('Uncaught only text')
    const failed = () => ({ ok: false, message: 'inner', dataJson: '{"a":1}' })
    expect(await errorOf('errors:nested', { '1.0/actions/query': failed })).toMatchObject({ dataJson: '{"a":1}' })
  })
})

describe('uncaught errors', () => {
  it('fail their call and no other', async () => {
    const { run, value } = await loadFunctions({
      'uncaught.ts': `${BUILDERS}
        export const rejection = action({ handler: async () => {
          void Promise.reject(new Error('left behind'))
          await new Promise(resolve => setTimeout(resolve, 1000))
        } })
        export const timer = action({ handler: async () => {
          setTimeout(() => { throw new Error('in a timer') }, 0)
          await new Promise(resolve => setTimeout(resolve, 1000))
        } })
        export const other = action({ handler: async () => { await new Promise(resolve => setTimeout(resolve, 50)) } })`,
    })

    const [rejection, timer, other] = await Promise.all([run('uncaught:rejection'), run('uncaught:timer'), value('uncaught:other')])
    expect(rejection.outcome).toMatchObject({ error: { message: 'Uncaught Error: left behind' } })
    expect(timer.outcome).toMatchObject({ error: { message: 'Uncaught Error: in a timer' } })
    expect(other).toBeNull()
  })
})

describe('unawaited work', () => {
  it('is completed by a mutation, and is reported in a warning by an action', async () => {
    const { run } = await loadFunctions({
      'forgotten.ts': `${BUILDERS}
        export const insert = mutation({ handler: (ctx) => {
          void (async () => {
            await ctx.db.insert('things', { n: 1 })
            await ctx.db.insert('things', { n: 2 })
          })()
        } })
        export const call = action({ handler: (ctx) => {
          void ctx.runMutation('things:add')
          void ctx.runMutation('things:add')
        } })`,
    })
    const inserted: unknown[] = []
    const insert = async ({ args }: { args: { value: unknown } }) => {
      await new Promise(resolve => setTimeout(resolve, 5))
      inserted.push(args.value)
      return { _id: 'id' }
    }

    await run('forgotten:insert', { answers: { '1.0/insert': insert } })
    expect(inserted).toEqual([{ n: 1 }, { n: 2 }])
    const { logLines } = await run('forgotten:call', { answers: { '1.0/actions/mutation': () => new Promise(() => {}) } })
    expect(logLines.map(({ text }) => text)).toEqual([
      '[WARN] 2 unawaited operations: [runMutation]. Async operations should be awaited or they might not run. See https://docs.convex.dev/functions/actions#dangling-promises for more information.',
    ])
  })
})

describe('environment variables', () => {
  it('of a component are only the bound ones, even while its modules are evaluated', async () => {
    const folder = await createFunctions({
      'convex.config.ts': `import { defineApp } from 'convex/server'
        import { v } from 'convex/values'
        import mail from './mail/convex.config'
        const app = defineApp({ env: { KEY: v.string() } })
        app.use(mail, { env: { MAIL_KEY: app.env.KEY, MODE: 'fast' }, httpPrefix: '/mail/' })
        app.use(mail, { name: 'other', env: { MAIL_KEY: 'fixed' } })
        export default app`,
      'mail/convex.config.ts': `import { defineComponent } from 'convex/server'
        import { v } from 'convex/values'
        export default defineComponent('mail', { env: { MAIL_KEY: v.string(), MODE: v.optional(v.string()) } })`,
      'mail/read.ts': `import { queryGeneric } from 'convex/server'
        import { atLoad } from './shared'
        export const env = queryGeneric({ handler: () => ({ atLoad, ...Object.fromEntries(['KEY', 'MAIL_KEY', 'MODE', 'CONVEX_SITE_URL'].map(name => [name, process.env[name] ?? null])) }) })`,
      'mail/shared.ts': 'export const atLoad = process.env.MAIL_KEY',
      'read.ts': `import { queryGeneric } from 'convex/server'
        export const env = queryGeneric({ handler: () => [process.env.KEY, process.env.MAIL_KEY ?? null, process.env.PATH ?? null] })`,
    })
    const { sources } = await bundleFunctions(folder)
    const environments = componentEnvironments(sources, { KEY: 'secret', CONVEX_SITE_URL: 'http://127.0.0.1:1' })
    const { value } = await loadFolder(folder, { environments })

    expect(await value('read:env')).toEqual(['secret', null, null])
    expect(await value('read:env', { component: 'mail' })).toEqual({ atLoad: 'secret', KEY: null, MAIL_KEY: 'secret', MODE: 'fast', CONVEX_SITE_URL: 'http://127.0.0.1:1/mail' })
    expect(await value('read:env', { component: 'other' })).toEqual({ atLoad: 'fixed', KEY: null, MAIL_KEY: 'fixed', MODE: null, CONVEX_SITE_URL: 'http://127.0.0.1:1' })
  })
})
