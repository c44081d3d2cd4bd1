import type { ServerOptions } from 'vite'
import { networkInterfaces } from 'node:os'
import { describe, expect, it } from 'vitest'
import { findNetwork } from '../../src/dev/find-network.ts'
import { isLoopbackHost, networkOrigins } from '../../src/dev/network-origins.ts'
import { useViteApps } from './vite-app.ts'

describe('convue() with server.host', () => {
  const createApp = useViteApps()

  it.each<[string, ServerOptions, string | undefined, string[] | null]>([
    ['no host', {}, undefined, null],
    ['a loopback address', { host: '127.0.0.1' }, undefined, null],
    ['a name of this machine', { host: 'app.localhost', allowedHosts: ['device.test'] }, undefined, null],
    ['every address', { host: true, allowedHosts: true }, undefined, []],
    ['a wildcard', { host: '0.0.0.0', allowedHosts: ['device.test', '.example.com'] }, undefined, ['device.test']],
    ['one name', { host: 'device.test' }, undefined, ['device.test']],
    ['a tunnel', {}, 'https://tunnel.example.com', []],
  ])('finds the host names of the page with %s', (_title, server, siteUrl, names) => {
    expect(findNetwork(server, siteUrl)).toEqual(names && { names })
  })

  it('accepts pages at every address of this machine, with the port of the page', () => {
    const addresses = Object.values(networkInterfaces()).flatMap(addresses => addresses ?? [])
    const reachable = addresses.filter(({ internal, family }) => !internal && family === 'IPv4').map(({ address }) => `http://${address}:5174`)
    const origins = networkOrigins('http://localhost:5174', ['device.test'])
    expect(origins).toEqual(expect.arrayContaining([...reachable, 'http://device.test:5174']))
    expect(origins.filter(origin => isLoopbackHost(new URL(origin).hostname))).toEqual([])
  })

  it('passes requests of clients on to the deployment, but not those of its command line', async () => {
    const { vite, url } = await createApp().start({ data: false }, { server: { host: '0.0.0.0' } })
    const { code } = (await vite.transformRequest('/main.ts'))!
    expect(code).toContain('"VITE_CONVEX_URL": globalThis.location.origin')
    const rendered = await vite.ssrLoadModule('/main.ts')
    expect(rendered.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    const run = (path: string): Promise<Response> => fetch(`${url}/api/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ path: 'users:whoami', args: {}, format: 'json' }),
    })
    expect(await (await run('query')).json()).toMatchObject({ status: 'success', value: null })
    expect((await run('function')).status).toBe(404)
  })

  it.each([
    ['the first server', 0],
    ['a second server of the app', 1],
  ])('accepts pages of its host names, in Better Auth and in the deployment: %s', async (_title, index) => {
    const app = createApp()
    const server = { host: '0.0.0.0', allowedHosts: ['device.test'] }
    const first = await app.start({ data: false }, { server })
    const second = await app.start({ data: false }, { server: { ...server, port: Number(new URL(first.url).port) } })
    const { url } = [first, second][index]!
    expect(second.url).not.toBe(first.url)
    const post = (path: string, host: string, body: object): Promise<Response> => fetch(`${url}/api/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'origin': `http://${host}:${new URL(url).port}` },
      body: JSON.stringify(body),
    })
    const signUp = (host: string): Promise<Response> =>
      post('auth/sign-up/email', host, { email: `ada@${host}`, password: 'correct horse battery', name: 'Ada' })
    expect((await signUp('device.test')).status).toBe(200)
    expect((await signUp('other.test')).status).toBe(403)
    const run = (host: string): Promise<Response> => post('query', host, { path: 'users:whoami', args: {}, format: 'json' })
    expect((await run('device.test')).status).toBe(200)
    expect((await run('other.test')).status).toBe(403)
  })

  it('passes on only requests to Better Auth if `server.host` is not set', async () => {
    const { vite, url } = await createApp().start({ data: false })
    expect((await vite.transformRequest('/main.ts'))!.code).not.toContain('location')
    expect((await fetch(`${url}/api/query`, { method: 'POST' })).status).toBe(404)
  })
})
