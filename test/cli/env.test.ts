import type { LocalDeployment } from '../../src/dev/local-deployment.ts'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { requireSiteUrl } from '../../src/cli/env/production.ts'
import { acquireDeployment } from '../../src/dev/local-deployment.ts'
import { codegen, startDeployment } from '../../src/testing/index.ts'
import { createApp } from './app-folder.ts'
import { runCommand } from './start-command.ts'

const STATIC_AUTH_CONFIG = 'import { getAuthConfigProvider } from \'convue/convex\'\n'
  + 'export default { providers: [getAuthConfigProvider({ jwks: process.env.JWKS })] }\n'

/** The functions of an app whose tokens are signed with the keys of the variable `JWKS`. */
function createStaticApp(files: Record<string, string> = {}): ReturnType<typeof createApp> {
  const app = createApp({ 'convex/auth.config.ts': STATIC_AUTH_CONFIG, ...files })
  const auth = readFileSync(join(app.root, 'convex/auth.ts'), 'utf8')
  app.write('convex/auth.ts', auth
    .replace('convex()', 'convex({ jwks: process.env.JWKS })')
    .replace('defineAuthFunctions }', 'defineAuthFunctions, defineKeyActions }')
    .concat('\nexport const { getLatestJwks, rotateKeys } = defineKeyActions(createAuth)\n'))
  return app
}

async function start(root: string): Promise<LocalDeployment> {
  const functions = join(root, 'convex')
  const local = await acquireDeployment({ seed: null, start: { functions, data: join(root, '.convex-local') } }, 'http://localhost:5173')
  onTestFinished(local.release)
  return local
}

async function variablesOf({ deployment: { url, adminKey } }: Pick<LocalDeployment, 'deployment'>): Promise<Record<string, string>> {
  const response = await fetch(`${url}/api/list_environment_variables`, { headers: { authorization: `Convex ${adminKey}` } })
  return (await response.json()).environment_variables
}

/** Signs a user up, and requests tokens with the session. */
async function signUp(local: LocalDeployment): Promise<() => Promise<string>> {
  const { siteUrl } = local.deployment
  const headers = { 'origin': 'http://localhost:5173', 'content-type': 'application/json' }
  const body = JSON.stringify({ email: 'ada@example.com', password: 'correct horse battery', name: 'Ada' })
  const response = await fetch(`${siteUrl}/api/auth/sign-up/email`, { method: 'POST', headers, body })
  expect(response.status).toBe(200)
  const cookie = response.headers.getSetCookie().map(text => text.split(';')[0]).join('; ')
  return async () => (await (await fetch(`${siteUrl}/api/auth/convex/token`, { headers: { ...headers, cookie } })).json()).token
}

/** The status with which the deployment answers a call with a token. */
async function statusFor({ deployment: { url } }: LocalDeployment, token: string): Promise<number> {
  const headers = { 'content-type': 'application/json', 'authorization': `Bearer ${token}` }
  const body = JSON.stringify({ path: 'profiles:mine', args: {}, format: 'json' })
  return (await fetch(`${url}/api/query`, { method: 'POST', headers, body })).status
}

const keyIdOf = (token: string): string => JSON.parse(atob(token.split('.')[0]!)).kid

describe('convue env sync', () => {
  it('adds a missing secret and key to convex/.env, after which an app with static keys starts', async () => {
    const { root } = createStaticApp({ 'convex/.env': '# of the app\nNAME="Ada Lovelace"\nBETTER_AUTH_SECRET=\n' })
    await expect(start(root)).rejects.toThrow()

    const { code, stdout, stderr } = await runCommand(root, ['env', 'sync', '--auth'])
    expect(stderr).toBe('Comparing the variables of convex/.env…\n')
    expect(stdout).toContain('NAME: unchanged')
    expect(stdout).toContain('BETTER_AUTH_SECRET: changed')
    expect(stdout).toContain('JWKS: created')
    expect(code).toBe(0)
    const text = readFileSync(join(root, 'convex/.env'), 'utf8')
    const { BETTER_AUTH_SECRET, JWKS, NAME } = parseEnv(text)
    expect(text).toMatch(/^# of the app\nNAME="Ada Lovelace"\n/)
    expect(NAME).toBe('Ada Lovelace')
    expect(stdout).not.toContain(BETTER_AUTH_SECRET)
    expect(JSON.parse(JWKS!)).toHaveLength(1)
    expect(statSync(join(root, 'convex/.env')).mode & 0o777).toBe(0o644)

    const local = await start(root)
    const fetchToken = await signUp(local)
    expect(await statusFor(local, await fetchToken())).toBe(200)
  })

  it('pushes what changed to the embedded deployment that runs, and prints no value', async () => {
    const { root, write } = createApp({ 'convex/.env': 'GREETING=hello\n' })
    const local = await start(root)
    // The deployment sets the last variable itself.
    write('convex/.env', 'GREETING=good evening\nQUOTE=\'He said "hi"\'\nCONVEX_SITE_URL=http://localhost:1\n')
    const { code, stdout, stderr } = await runCommand(root, ['env', 'sync'])
    expect(stdout).toBe('✔ GREETING: changed\n✔ QUOTE: created\n')
    expect(stdout + stderr).not.toMatch(/good evening|He said/)
    expect(code).toBe(0)
    expect(await variablesOf(local)).toMatchObject({ GREETING: 'good evening', QUOTE: 'He said "hi"' })
    expect((await runCommand(root, ['env', 'sync'])).stdout).toBe('- GREETING: unchanged\n- QUOTE: unchanged\n')

    // A new secret would sign all users out, so an empty line keeps the one of the deployment.
    const { BETTER_AUTH_SECRET: secret } = await variablesOf(local)
    write('convex/.env', 'BETTER_AUTH_SECRET=\n')
    expect((await runCommand(root, ['env', 'sync', '--auth'])).stdout).toBe('- BETTER_AUTH_SECRET: unchanged\n')
    expect(await variablesOf(local)).toMatchObject({ BETTER_AUTH_SECRET: secret })
  })

  it('also writes SITE_URL into convex/.env, where the next start of the deployment reads it', async () => {
    const { root, write } = createApp({ 'convex/.env': '# of the app\nSITE_URL=http://localhost:9999\n' })
    const file = join(root, 'convex/.env')
    const local = await start(root)
    const { code, stdout } = await runCommand(root, ['env', 'sync', '--site-url', 'http://localhost:5173'])
    expect(stdout).toBe('✔ SITE_URL: changed\n')
    expect(code).toBe(0)
    expect(readFileSync(file, 'utf8')).toBe('# of the app\nSITE_URL=http://localhost:5173\n')
    expect(await variablesOf(local)).toMatchObject({ SITE_URL: 'http://localhost:5173' })
    await local.release()

    await (await start(root)).release()
    write('convex/.env', 'SITE_URL=http://localhost:5174\n')
    expect(await variablesOf(await start(root))).toMatchObject({ SITE_URL: 'http://localhost:5174' })
  })

  it('prepares a production deployment for its first functions, with its own secret and keys', async () => {
    const empty = createApp()
    for (const file of ['auth.config', 'auth', 'http', 'profiles', 'teams', 'users', 'authTables', 'schema'])
      empty.remove(`convex/${file}.ts`)
    // A deployment that has no functions yet, and that the official command line reaches by its variables.
    const production = await startDeployment({ functions: join(empty.root, 'convex') })
    onTestFinished(() => production.close())
    const env = { CONVEX_SELF_HOSTED_URL: production.url, CONVEX_SELF_HOSTED_ADMIN_KEY: production.adminKey }
    const { root } = createStaticApp({ 'convex/.env': 'GREETING=hello\nSITE_URL=http://localhost:5173\nBETTER_AUTH_SECRET=of-this-machine\n' })

    const { code, stdout } = await runCommand(root, ['env', 'sync', '--auth', '--prod', '--site-url', 'https://app.example.com'], env)
    expect(stdout).toMatch(/SITE_URL: changed/)
    expect(code).toBe(0)
    const variables = await variablesOf({ deployment: production })
    expect(variables).toMatchObject({ GREETING: 'hello', SITE_URL: 'https://app.example.com' })
    expect(variables.BETTER_AUTH_SECRET).not.toBe('of-this-machine')
    // The next run keeps the origin, although convex/.env contains the one of this machine.
    expect((await runCommand(root, ['env', 'sync', '--prod'], env)).stdout).toBe('- GREETING: unchanged\n')
    expect(await variablesOf({ deployment: production })).toEqual(variables)

    // The functions of the app accept these variables.
    await codegen({ functions: join(root, 'convex') })
    const deployed = await startDeployment({ functions: join(root, 'convex'), env: variables })
    await deployed.close()
  })
})

describe('requireSiteUrl', () => {
  it('throws an error that names `--site-url` if the terminal accepts no input', async () => {
    await expect(requireSiteUrl()).rejects.toMatchObject({ code: 'SITE_URL_MISSING', fix: expect.stringContaining('--site-url') })
  })
})

describe('convue keys rotate', () => {
  it('creates a key, and keeps the tokens of the previous one valid', async () => {
    const { root } = createStaticApp()
    await runCommand(root, ['env', 'sync', '--auth'])
    expect(statSync(join(root, 'convex/.env')).mode & 0o777).toBe(0o600)
    const local = await start(root)
    const fetchToken = await signUp(local)
    const previous = await fetchToken()

    const { code, stdout } = await runCommand(root, ['keys', 'rotate'])
    expect(stdout).toContain('Those of the previous key remain valid')
    expect(code).toBe(0)
    const next = await fetchToken()
    expect(keyIdOf(next)).not.toBe(keyIdOf(previous))
    expect(await statusFor(local, next)).toBe(200)
    expect(await statusFor(local, previous)).toBe(200)

    expect((await runCommand(root, ['keys', 'rotate', '--revoke'])).code).toBe(0)
    expect(await statusFor(local, next)).toBe(401)
    expect(await statusFor(local, await fetchToken())).toBe(200)
  })

  it('explains that the functions have no action `rotateKeys`', async () => {
    const { root } = createApp()
    const { code, stderr } = await runCommand(root, ['keys', 'rotate'])
    expect(stderr).toMatch(/no action `rotateKeys`.*\n {2}fix: Add `export const \{ getLatestJwks, rotateKeys \}/)
    expect(code).toBe(1)
  })
})
