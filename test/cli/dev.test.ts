import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { ConvexHttpClient } from 'convex/browser'
import { anyApi } from 'convex/server'
import { describe, expect, it, onTestFinished } from 'vitest'
import { acquireDeployment } from '../../src/dev/local-deployment.ts'
import { eventually } from '../support/environment/eventually.ts'
import { freePort } from '../support/live/free-port.ts'
import { createApp } from './app-folder.ts'
import { runCommand, startCommand } from './start-command.ts'

const GREETING = 'import { query } from \'./_generated/server\'\nexport const hello = query(() => \'TEXT\')\n'

const SEEDS = `import { internalMutationGeneric, queryGeneric } from 'convex/server'
export const add = internalMutationGeneric(async ctx => void await ctx.db.insert('seeds' as never, {} as never))
export const count = queryGeneric(async ctx => (await ctx.db.query('seeds' as never).collect()).length)
`

describe('convue dev', () => {
  it('serves the functions, reloads them when they are saved, and prints the lines for .env', async () => {
    const { root, write } = createApp({ 'convex/greeting.ts': GREETING.replace('TEXT', 'hello') })
    const command = startCommand(root, ['dev'])
    const output = await command.until(/NUXT_PUBLIC_CONVEX_SITE_URL=.*\n/)
    const [, url] = /^VITE_CONVEX_URL=(.*)$/m.exec(output)!
    const client = new ConvexHttpClient(url!, { logger: false })
    expect(await client.query(anyApi.greeting!.hello!, {})).toBe('hello')
    expect(JSON.parse(readFileSync(join(root, '.convex-local/running.json'), 'utf8'))).toMatchObject({ url })
    expect(existsSync(join(root, 'convex/_generated/api.d.ts'))).toBe(true)
    expect(output).not.toContain('\u001B')

    write('convex/greeting.ts', 'export const hello = =')
    await command.until(/FUNCTIONS_INVALID/)
    write('convex/greeting.ts', GREETING.replace('TEXT', 'good evening'))
    await eventually(() => client.query(anyApi.greeting!.hello!, {})).toBe('good evening')
  })

  it.each(['SIGINT', 'SIGTERM'] as const)('closes the deployment and ends with code 0 on %s', async (signal) => {
    const { root } = createApp()
    const command = startCommand(root, ['dev'])
    await command.until(/NUXT_PUBLIC_CONVEX_SITE_URL=.*\n/)
    command.signal(signal)
    expect(await command.ended).toMatchObject({ code: 0 })
    expect(existsSync(join(root, '.convex-local/running.json'))).toBe(false)
  })

  it('uses the ports, the origin of the page and the folder that the options name', async () => {
    const { root } = createApp({ 'backend/greeting.ts': GREETING.replace('TEXT', 'from the backend') })
    const [port, sitePort] = [await freePort(), await freePort()]
    const options = ['--functions', 'backend', '--site-url', 'http://localhost:4000', '--port', String(port), '--site-port', String(sitePort)]
    const command = startCommand(root, ['dev', ...options])
    const output = await command.until(/NUXT_PUBLIC_CONVEX_SITE_URL=.*\n/)
    expect(output).toContain(`VITE_CONVEX_URL=http://127.0.0.1:${port}\n`)
    expect(output).toContain(`VITE_CONVEX_SITE_URL=http://127.0.0.1:${sitePort}\n`)
    expect(output).toContain('Page: http://localhost:4000 (SITE_URL)')
    const client = new ConvexHttpClient(`http://127.0.0.1:${port}`, { logger: false })
    expect(await client.query(anyApi.greeting!.hello!, {})).toBe('from the backend')
  })

  it('uses SITE_URL of convex/.env as the origin of the page without `--site-url`', async () => {
    const { root } = createApp({ 'convex/.env': 'SITE_URL=http://localhost:4001\n' })
    const command = startCommand(root, ['dev'])
    await command.until(/NUXT_PUBLIC_CONVEX_SITE_URL=.*\n/)
    const running = JSON.parse(readFileSync(join(root, '.convex-local/running.json'), 'utf8'))
    expect(running).toMatchObject({ origin: 'http://localhost:4001' })
  })

  it('runs a command after `--` with the deployment\'s addresses, and ends with its exit code', async () => {
    const { root } = createApp()
    const script = 'fetch(process.env.VITE_CONVEX_SITE_URL + "/api/auth/ok").then(r => r.text()).then(text => { console.log(text); process.exitCode = 3 })'
    const { code, stdout } = await runCommand(root, ['dev', '--', process.execPath, '-e', script])
    expect(stdout).toContain('{"ok":true}')
    expect(code).toBe(3)
  })

  it('ends with an error if a signal ends the command after `--`', async () => {
    const { root } = createApp()
    const { code } = await runCommand(root, ['dev', '--', process.execPath, '-e', 'process.kill(process.pid, "SIGKILL")'])
    expect(code).toBe(128 + 9)
  })

  it('runs the function of `--seed` on an empty database, and not at the next start', async () => {
    const { root } = createApp({ 'convex/seeds.ts': SEEDS })
    const printed = (round: string): string[] => ['dev', '--seed', 'internal.seeds.add', '--', process.execPath, '-e', `
      const { ConvexHttpClient } = require('convex/browser')
      const client = new ConvexHttpClient(process.env.CONVEX_URL)
      client.query('seeds:count', {}).then(count => console.log('${round}: ' + count))`]
    expect(await runCommand(root, printed('first'))).toMatchObject({ code: 0, stdout: expect.stringContaining('first: 1\n') })
    expect(await runCommand(root, printed('second'))).toMatchObject({ code: 0, stdout: expect.stringContaining('second: 1\n') })
  })

  it('explains that the command after `--` does not exist', async () => {
    const { root } = createApp()
    const { code, stderr } = await runCommand(root, ['dev', '--', 'no-such-command'])
    expect(stderr).toMatch(/error: The command "no-such-command" could not be started.*\n {2}fix: .*\n {2}code: COMMAND_NOT_STARTED/)
    expect(code).toBe(1)
  })

  it('explains that another deployment already uses the same data', async () => {
    const { root } = createApp()
    const start = { functions: join(root, 'convex'), data: join(root, '.convex-local') }
    const local = await acquireDeployment({ seed: null, start }, 'http://localhost:5173')
    onTestFinished(local.release)
    const { code, stderr } = await runCommand(root, ['dev'])
    expect(stderr).toContain(`runs already, at ${local.deployment.url}, in the process ${process.pid}`)
    expect(code).toBe(1)
  })

  it.each([
    ['a folder without functions', ['--functions', 'missing'], /No functions folder exists at .*missing[\s\S]*fix: /],
    ['a seed function that does not exist', ['--seed', 'seed:missing'], /seed:missing[\s\S]*fix: /],
    ['a port that is not a number', ['--port', 'web'], /"--port" of `convue dev` is "web", and must be a number from 1/],
  ])('explains %s without a stack trace', async (_name, args, message) => {
    const { root } = createApp()
    const { code, stderr } = await runCommand(root, ['dev', ...args])
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/^\s+at /m)
    expect(code).toBe(1)
  })
})
