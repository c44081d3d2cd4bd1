import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { describe, expect, it, onTestFinished } from 'vitest'
import { EmbeddedDeployment } from '../../src/dev/embedded-deployment.ts'
import { acquireDeployment } from '../../src/dev/local-deployment.ts'
import { findRunningDeployment } from '../../src/dev/running-deployment.ts'
import { createApp } from './app-folder.ts'

describe('findRunningDeployment', () => {
  it('finds a deployment that a tool has started, until the tool releases it', async () => {
    const { root } = createApp()
    const functions = join(root, 'convex')
    const data = join(root, '.convex-local')
    expect(await findRunningDeployment(data)).toBeNull()
    const local = await acquireDeployment({ seed: null, start: { functions, data } }, 'http://localhost:5173')
    onTestFinished(local.release)

    const { url, siteUrl, adminKey } = local.deployment
    expect(await findRunningDeployment(data)).toEqual({ url, siteUrl, origin: 'http://localhost:5173', adminKey, pid: process.pid, functions })
    expect(statSync(join(data, 'running.json')).mode & 0o777).toBe(0o600)

    await local.release()
    expect(existsSync(join(data, 'running.json'))).toBe(false)
  })

  it('leaves no file for a deployment whose data is in memory', async () => {
    const { root } = createApp()
    const local = await acquireDeployment({ seed: null, start: { functions: join(root, 'convex') } }, 'http://localhost:5173')
    onTestFinished(local.release)
    expect(existsSync(join(root, '.convex-local'))).toBe(false)
  })

  it('prints a line if SITE_URL in convex/.env is not the origin of the page', async () => {
    const { root, write } = createApp({ 'convex/.env': 'SITE_URL=http://localhost:9999\n' })
    const options = { seed: null, start: { functions: join(root, 'convex') } }
    const embedded = await EmbeddedDeployment.start(options, 'http://localhost:5173')
    onTestFinished(() => embedded.release())
    const lines = (): string[] => embedded.describe(root).filter(([label]) => label === 'SITE_URL').map(([, text]) => text)
    expect(lines()).toEqual([expect.stringMatching(/^http:\/\/localhost:9999 in convex\/\.env .* `npx convue env sync --site-url http:\/\/localhost:5173`/)])
    write('convex/.env', 'SITE_URL=http://localhost:9999\nBETTER_AUTH_TRUSTED_ORIGINS=http://localhost:1,http://localhost:5173\n')
    expect(lines()).toEqual([])
    write('convex/.env', 'SITE_URL=http://localhost:5173/\n')
    expect(lines()).toEqual([])
  })

  it('does not start with a SITE_URL that is not an address, and names the variable', async () => {
    const { root } = createApp({ 'convex/.env': 'SITE_URL=localhost:5173\n' })
    const starts = acquireDeployment({ seed: null, start: { functions: join(root, 'convex') } }, 'http://localhost:5173')
    await expect(starts).rejects.toMatchObject({ code: 'DEPLOYMENT_OPTION_INVALID', why: expect.stringMatching(/variable SITE_URL, in convex\/\.env/) })
  })

  it.each([
    ['a file of a process that has ended', () => spawnSync(process.execPath, ['--version']).pid],
    ['a file whose process id belongs to another process now', () => process.pid],
  ])('ignores %s', async (_name, pid) => {
    const { root, write } = createApp()
    const running = { url: 'http://127.0.0.1:9', siteUrl: 'http://127.0.0.1:9', origin: 'http://localhost:5173', adminKey: 'key', functions: root }
    write('.convex-local/running.json', JSON.stringify({ ...running, pid: pid() }))
    expect(await findRunningDeployment(join(root, '.convex-local'))).toBeNull()
  })

  it('ignores a deployment that does not accept the key of the file', async () => {
    const { root, write } = createApp()
    const data = join(root, '.convex-local')
    const local = await acquireDeployment({ seed: null, start: { functions: join(root, 'convex'), data } }, 'http://localhost:5173')
    onTestFinished(local.release)
    const running = JSON.parse(readFileSync(join(data, 'running.json'), 'utf8'))
    write('.convex-local/running.json', JSON.stringify({ ...running, adminKey: 'of another deployment' }))
    expect(await findRunningDeployment(data)).toBeNull()
  })
})
