import type { AppFolder } from './app-folder.ts'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { acquireDeployment } from '../../src/dev/local-deployment.ts'
import { createAppFolder } from './app-folder.ts'
import { runCommand } from './start-command.ts'

const NOTES = `
import { v } from 'convex/values'
import { internalMutation, query } from './_generated/server'
export const add = internalMutation({ args: { text: v.string() }, handler: (ctx, args) => ctx.db.insert('profiles', { userId: 'none' as any, nickname: args.text }) })
export const count = query(async ctx => (await ctx.db.query('profiles').collect()).length)
export const whoami = query(async ctx => (await ctx.auth.getUserIdentity())?.name ?? null)
`
const SCHEMA = 'import { defineSchema, defineTable } from \'convex/server\'\nimport { v } from \'convex/values\'\n'
  + 'export default defineSchema({ profiles: defineTable({ userId: v.string(), nickname: v.string() }) })\n'

describe('convue run, data, export and import', () => {
  let app: AppFolder
  const convue = (...args: string[]): ReturnType<typeof runCommand> => runCommand(app.root, args)

  beforeAll(async () => {
    app = createAppFolder({
      'package.json': '{"name":"app","dependencies":{"convex":"*"}}',
      // The official command line reads this file, too.
      '.env.local': 'CONVEX_DEPLOYMENT=dev:happy-otter-123\n',
      'convex/notes.ts': NOTES,
      'convex/schema.ts': SCHEMA,
    })
    for (const file of ['auth.config', 'auth', 'http', 'profiles', 'teams', 'users', 'authTables'])
      app.remove(`convex/${file}.ts`)
    const start = { functions: join(app.root, 'convex'), data: join(app.root, '.convex-local') }
    const local = await acquireDeployment({ seed: null, start }, 'http://localhost:5173')
    return async () => {
      await local.release()
      app.remove('.')
    }
  })

  it('run functions, also internal functions and as a user, list data, and copy data', async () => {
    expect(await convue('run', 'notes:add', '{"text":"from the terminal"}')).toMatchObject({ code: 0 })
    expect((await convue('run', 'notes:whoami', '--identity', '{"name":"Ada","subject":"ada","issuer":"https://example.com"}')).stdout).toContain('"Ada"')
    expect((await convue('data', '--data=.convex-local')).stdout).toContain('profiles')
    expect((await convue('data', 'profiles', '--data', '.convex-local')).stdout).toContain('from the terminal')

    expect(await convue('export', '--path', 'copy.zip')).toMatchObject({ code: 0 })
    expect(existsSync(join(app.root, 'copy.zip'))).toBe(true)
    await convue('run', 'notes:add', '{"text":"another"}')
    expect((await convue('run', 'notes:count')).stdout.trim()).toBe('2')
    expect(await convue('import', 'copy.zip', '--replace-all', '--yes')).toMatchObject({ code: 0 })
    expect((await convue('run', 'notes:count')).stdout.trim()).toBe('1')
  })

  it('end with the exit code of the official command', async () => {
    const { code, stderr } = await convue('run', 'notes:missing')
    expect(stderr).toMatch(/Could not find function/)
    expect(code).toBe(1)
  })

  it('explain that no embedded deployment runs', async () => {
    const { code, stderr } = await convue('run', 'notes:count', '--data=other')
    expect(stderr).toMatch(/No embedded deployment runs with the data in other\.\n {2}fix: Start your app or `npx convue dev`/)
    expect(code).toBe(1)
  })

  it.each(['run', 'data', 'export', 'import'])('say in their help that the arguments of `convex %s` are passed on', async (name) => {
    expect((await convue(name, '--help')).stdout.replace(/\s+/g, ' ')).toContain(`All other arguments are those of \`npx convex ${name}\``)
  })
})
