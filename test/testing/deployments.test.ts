import type { Deployment, DeploymentOptions } from '../../src/testing/index.ts'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { anyApi } from 'convex/server'
import { describe, expect, it } from 'vitest'
import { ConvueError } from '../../src/errors/convue-error.ts'
import { startDeployment } from '../../src/testing/index.ts'
import { importPeer } from '../../src/testing/peers.ts'
import { add, decodeTs, RawClient } from './raw-client.ts'
import { startTestApp } from './start-app.ts'

const files = {
  'env.ts': `
    import { actionGeneric, mutationGeneric, queryGeneric } from 'convex/server'
    export const get = queryGeneric(async (ctx, { name }) => process.env[name] ?? null)
    export const insert = mutationGeneric(async (ctx) => { await ctx.db.insert('rows', {}) })
    export const count = queryGeneric(async ctx => (await ctx.db.query('rows').collect()).length)
    export const leaveRejection = actionGeneric(async () => { void Promise.reject(new Error('left behind')) })
  `,
}

async function start(options: DeploymentOptions = {}): Promise<Deployment> {
  return (await startTestApp(files, options)).deployment
}

const get = (deployment: Deployment, name: string): Promise<unknown> => deployment.query(anyApi.env!.get!, { name })

describe('several deployments in one process', () => {
  it('have their own environment, data, clock and ports', async () => {
    const before = Date.now()
    const [one, two] = await Promise.all([start({ env: { NAME: 'one' } }), start({ env: { NAME: 'two' } })])
    expect([await get(one, 'NAME'), await get(two, 'NAME')]).toEqual(['one', 'two'])
    await one.mutation(anyApi.env!.insert!)
    await one.advanceClock(1e9)
    expect([await one.query(anyApi.env!.count!), await two.query(anyApi.env!.count!)]).toEqual([1, 0])
    expect(one.log.at(-1)!.at - two.log.at(-1)!.at).toBeGreaterThan(0.9e9)
    expect(new Set([one.url, one.siteUrl, two.url, two.siteUrl]).size).toBe(4)
    // The clocks of two threads may differ by a millisecond.
    expect(two.log.at(-1)!.at).toBeGreaterThanOrEqual(before - 1)
    expect(two.log.at(-1)!.at).toBeLessThanOrEqual(Date.now() + 1)
  })
})

describe('a deployment\'s timestamps', () => {
  it('are nanoseconds since 1970, so that clients of a previous deployment can reconnect', async () => {
    const before = BigInt(Date.now() - 1)
    const deployment = await start()
    const client = await RawClient.open(deployment.url)
    client.modify(0, add(1, 'env:count'))
    const ts = decodeTs((await client.next()).endVersion.ts)
    expect(ts).toBeGreaterThanOrEqual(before * 1_000_000n)
    expect(ts).toBeLessThanOrEqual(BigInt(Date.now() + 1) * 1_000_000n)
  })
})

describe('a deployment\'s environment', () => {
  it('contains the given variables and its own addresses, but no variable of the process', async () => {
    const deployment = await start({ env: { GIVEN: 'yes' }, siteUrl: 'http://localhost:3000' })
    expect([await get(deployment, 'GIVEN'), await get(deployment, 'BETTER_AUTH_SECRET')]).toEqual(['yes', expect.any(String)])
    expect([await get(deployment, 'PATH'), await get(deployment, 'HOME')]).toEqual([null, null])
    expect([await get(deployment, 'CONVEX_CLOUD_URL'), await get(deployment, 'CONVEX_SITE_URL'), await get(deployment, 'SITE_URL')])
      .toEqual([deployment.url, deployment.siteUrl, 'http://localhost:3000'])
    expect(process.env.CONVEX_CLOUD_URL).toBeUndefined()
  })
})

describe('a promise or timer that outlives its function', () => {
  it('does not end the deployment', async () => {
    const deployment = await start()
    await deployment.action(anyApi.env!.leaveRejection!)
    expect(await deployment.query(anyApi.env!.count!)).toBe(0)
  })
})

describe('a closed deployment', () => {
  it('refuses requests with a reason', async () => {
    const deployment = await start()
    await deployment.close()
    await expect(fetch(deployment.url)).rejects.toThrow()
    await expect(deployment.settled()).rejects.toMatchObject({ code: 'DEPLOYMENT_CLOSED' })
    await expect(deployment.close()).resolves.toBeUndefined()
  })
})

describe('a deployment that cannot start', () => {
  it('reports that the port is taken', async () => {
    const { url } = await start()
    await expect(start({ port: Number(new URL(url).port) })).rejects.toMatchObject({ code: 'DEPLOYMENT_FAILED', why: expect.stringContaining('EADDRINUSE') })
  })

  it('reports that the functions folder is missing, or not inside an app', async () => {
    await expect(startDeployment({ functions: './no/such/folder' })).rejects.toMatchObject({ code: 'FUNCTIONS_INVALID', why: expect.stringContaining('no/such/folder') })
    await expect(startDeployment({ functions: await mkdtemp(join(tmpdir(), 'convue-')) })).rejects.toMatchObject({ code: 'FUNCTIONS_INVALID', why: expect.stringContaining('node_modules') })
  })

  it('names the missing package', async () => {
    const missing = Object.assign(new Error('Cannot find package \'jose\' imported from here'), { code: 'ERR_MODULE_NOT_FOUND' })
    const error = await importPeer('jose', () => Promise.reject(missing)).catch(error => error)
    expect(error).toBeInstanceOf(ConvueError)
    expect(error).toMatchObject({ code: 'PEER_MISSING', why: expect.stringContaining('"jose"'), fix: expect.stringContaining('npm install'), cause: missing })
    const other = Object.assign(new Error('Cannot find package \'another\' imported from jose'), { code: 'ERR_MODULE_NOT_FOUND' })
    await expect(importPeer('jose', () => Promise.reject(other))).rejects.toBe(other)
  })
})
