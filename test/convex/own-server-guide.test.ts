import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { ConvexHttpClient } from 'convex/browser'
import { makeFunctionReference } from 'convex/server'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { codegen, startDeployment } from '../../src/testing/index.ts'
import { createBrowserFetch } from '../support/live/deployment.ts'
import { createFunctions, writeFunctions } from '../testing/functions-folder.ts'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/guides/better-auth-on-your-server.md'), 'utf8')
const SECRET = 'a-secret-that-only-these-tests-use'

/** The files of the guide, by their paths in the app. */
const files = Object.fromEntries([...page.matchAll(/^```typescript file="([^"]+)"\n([\s\S]*?)^```$/gm)].map(([, file, code]) => [file, code!]))

const ENTRIES = { 'convue/convex': 'src/convex/index.ts', 'convue/convex/database': 'src/convex/http-database/index.ts' }

/** A port that is free at this moment. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

describe('the guide to convexDatabase', () => {
  it('contains a server that has correct types, signs users up and issues tokens for Convex', async () => {
    expect(Object.keys(files)).toEqual(['convex/schema.ts', 'convex/authDatabase.ts', 'convex/notes.ts', 'convex/http.ts', 'server/auth.ts', 'server/main.ts', 'convex/auth.config.ts', 'server/print-keys.ts'])
    const port = await freePort()
    const url = `http://localhost:${port}`
    const env = { SITE_URL: url, AUTH_DATABASE_SECRET: SECRET, BETTER_AUTH_SECRET: 'another secret of this test only', JWKS: '' }
    onTestFinished(() => void vi.unstubAllEnvs())
    for (const [name, value] of Object.entries({ ...env, PORT: String(port) }))
      vi.stubEnv(name, value)

    const app = await createFunctions({
      ...files,
      'convex/authTables.ts': 'export const authTables = {}',
      'package.json': JSON.stringify({ type: 'module' }),
      'tsconfig.json': JSON.stringify({
        extends: join(root, 'tsconfig.json'),
        compilerOptions: {
          paths: Object.fromEntries(Object.entries(ENTRIES).map(([name, file]) => [name, [join(root, file)]])),
          types: [join(root, 'node_modules/@types/node')],
        },
        include: ['convex/*.ts', 'server/*.ts'],
        exclude: [],
      }),
      'node_modules/convue/package.json': JSON.stringify({ name: 'convue', type: 'module', exports: { './convex': './convex.ts' } }),
      'node_modules/convue/convex.ts': `export * from ${JSON.stringify(join(root, ENTRIES['convue/convex']))}`,
    })

    // `npx auth generate` calls the same method.
    const { auth } = await import(/* @vite-ignore */ join(app, 'server/auth.ts'))
    const { adapter } = await auth.$context
    const { code } = await adapter.createSchema(auth.options, 'convex/authTables.ts')
    await writeFunctions(app, { 'convex/authTables.ts': code })
    const functions = join(app, 'convex')
    await codegen({ functions })
    await promisify(execFile)(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '--noEmit', '-p', app])

    const deployment = await startDeployment({ functions, siteUrl: url, env })
    onTestFinished(() => deployment.close())
    vi.stubEnv('CONVEX_SITE_URL', deployment.siteUrl)
    const { server }: { server: Server } = await import(/* @vite-ignore */ join(app, 'server/main.ts'))
    onTestFinished(async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    })

    const browserFetch = createBrowserFetch(url)
    const body = JSON.stringify({ name: 'Ada', email: 'ada@example.com', password: 'correct horse battery' })
    const signUp = await browserFetch(`${url}/api/auth/sign-up/email`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    expect(await signUp.json()).toMatchObject({ user: { email: 'ada@example.com' } })
    const { token } = await (await browserFetch(`${url}/api/auth/convex/token`)).json() as { token: string }
    const client = (auth?: string): ConvexHttpClient => new ConvexHttpClient(deployment.url, { auth, logger: false })
    const list = makeFunctionReference<'query'>('notes:list')
    await client(token).mutation(makeFunctionReference<'mutation'>('notes:add'), { text: 'Buy milk' })
    expect(await client(token).query(list)).toMatchObject([{ text: 'Buy milk' }])
    await expect(client().query(list)).rejects.toMatchObject({ data: { code: 'UNAUTHENTICATED' } })

    // The script of the guide prints static keys.
    const printed = vi.spyOn(console, 'log').mockImplementation(() => {})
    await import(/* @vite-ignore */ join(app, 'server/print-keys.ts'))
    const jwks: string = printed.mock.calls[0]![0]
    printed.mockRestore()
    await deployment.setEnv('JWKS', jwks)
    expect(await client(token).query(list)).toHaveLength(1)
  })
})
