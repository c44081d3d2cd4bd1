import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { ConvexClient, ConvexHttpClient } from 'convex/browser'
import { makeFunctionReference } from 'convex/server'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { WebSocket } from 'ws'
import { startDeployment } from '../../src/testing/index.ts'
import { createFunctions } from './functions-folder.ts'

const FUNCTIONS = {
  'app.ts': `
import { internalQueryGeneric, mutationGeneric, queryGeneric } from 'convex/server'
export const secret = queryGeneric(() => process.env.SECRET ?? null)
export const whoami = queryGeneric(async ctx => (await ctx.auth.getUserIdentity())?.name ?? null)
export const hidden = internalQueryGeneric(() => 'hidden')
`,
}

const secret = makeFunctionReference<'query'>('app:secret')
const whoami = makeFunctionReference<'query'>('app:whoami')
const hidden = makeFunctionReference<'query'>('app:hidden')

describe('setEnv', () => {
  it('changes a variable of the functions, and runs live queries again', async () => {
    const deployment = await startDeployment({ functions: await createFunctions(FUNCTIONS), env: { SECRET: 'one' } })
    const client = new ConvexClient(deployment.url, { webSocketConstructor: WebSocket as never })
    const seen = vi.fn()
    client.onUpdate(secret, {}, seen)
    await expect.poll(() => seen.mock.lastCall?.[0]).toBe('one')
    await deployment.setEnv('SECRET', 'two')
    await expect.poll(() => seen.mock.lastCall?.[0]).toBe('two')
    await deployment.setEnv('SECRET', null)
    await expect.poll(() => seen.mock.lastCall?.[0]).toBeNull()
    await client.close()
    await deployment.close()
  })

  it('evaluates auth.config again, and refuses to remove a variable that the file reads', async () => {
    const functions = await createFunctions({
      ...FUNCTIONS,
      'auth.config.ts': 'export default { providers: [{ domain: process.env.ISSUER, applicationID: \'app\' }] }\n',
    })
    const deployment = await startDeployment({ functions, env: { ISSUER: 'https://one.example' } })
    await expect(deployment.setEnv('ISSUER', null)).rejects.toMatchObject({
      code: 'FUNCTIONS_INVALID',
      message: expect.stringContaining('Environment variable ISSUER is used in auth config file but its value was not set.'),
    })
    await deployment.setEnv('ISSUER', 'https://two.example')
    await deployment.close()
  })

  it('saves the change with the data', async () => {
    const data = await mkdtemp(join(tmpdir(), 'convue-'))
    onTestFinished(() => rm(data, { recursive: true }))
    const functions = await createFunctions(FUNCTIONS)
    const first = await startDeployment({ functions, data })
    await first.setEnv('SECRET', 'kept')
    await first.close()
    const second = await startDeployment({ functions, data })
    expect(await second.query(secret)).toBe('kept')
    // A command line that uses the admin key continues to work.
    expect(second.adminKey).toBe(first.adminKey)
    await second.close()
  })
})

describe('the file .env of the functions folder', () => {
  it('contains variables, which the option env overrides', async () => {
    const functions = await createFunctions({ ...FUNCTIONS, '.env': '# secret\nSECRET="from the file"\n' })
    const deployment = await startDeployment({ functions })
    expect(await deployment.query(secret)).toBe('from the file')
    await deployment.close()
    const other = await startDeployment({ functions, env: { SECRET: 'from the option' } })
    expect(await other.query(secret)).toBe('from the option')
    await other.close()
  })
})

describe('convex.json', () => {
  it('names the functions folder', async () => {
    const project = await createFunctions({ 'convex.json': '{ "functions": "backend/functions/" }', 'backend/functions/app.ts': FUNCTIONS['app.ts'] })
    vi.spyOn(process, 'cwd').mockReturnValue(project)
    onTestFinished(() => void vi.restoreAllMocks())
    const deployment = await startDeployment()
    expect(await deployment.query(whoami)).toBeNull()
    await deployment.close()
    expect(JSON.parse(await readFile(join(project, 'convex.json'), 'utf8'))).toEqual({ functions: 'backend/functions/' })
  })
})

describe('the admin key', () => {
  it('is the option `adminKey`, and allows internal functions over HTTP', async () => {
    const deployment = await startDeployment({ functions: await createFunctions(FUNCTIONS), adminKey: 'convue|own' })
    expect(deployment.adminKey).toBe('convue|own')
    const client = new ConvexHttpClient(deployment.url, { logger: false })
    await expect(client.query(hidden)).rejects.toThrow('Could not find public function')
    // `setAdminAuth` is public, but not in the types.
    const admin = client as ConvexHttpClient & { setAdminAuth: (key: string, identity?: object) => void }
    admin.setAdminAuth('convue|own')
    expect(await client.query(hidden)).toBe('hidden')
    expect(await client.query(whoami)).toBeNull()
    admin.setAdminAuth('convue|own', { subject: 'ada', issuer: 'https://issuer.example', name: 'Ada' })
    expect(await client.query(whoami)).toBe('Ada')
    admin.setAdminAuth('convue|wrong')
    await expect(client.query(hidden)).rejects.toThrow('BadDeployKey')
    await deployment.close()
  })

  it('allows internal functions over a socket, as any user', async () => {
    const deployment = await startDeployment({ functions: await createFunctions(FUNCTIONS) })
    const client = new ConvexClient(deployment.url, { webSocketConstructor: WebSocket as never })
    const admin = client.client as unknown as { setAdminAuth: (key: string, identity?: object) => void }
    admin.setAdminAuth(deployment.adminKey, { subject: 'ada', issuer: 'https://issuer.example', name: 'Ada' })
    expect(await client.query(hidden, {})).toBe('hidden')
    expect(await client.query(whoami, {})).toBe('Ada')
    await client.close()
    await deployment.close()
  })

  it('is a different random key in each deployment without the option', async () => {
    const functions = await createFunctions(FUNCTIONS)
    const deployments = [await startDeployment({ functions }), await startDeployment({ functions })]
    expect(new Set(deployments.map(({ adminKey }) => adminKey)).size).toBe(2)
    await Promise.all(deployments.map(deployment => deployment.close()))
  })
})
