import type { AddressInfo } from 'node:net'
import type { DoctorOptions } from '../../src/cli/doctor/project.ts'
import type { Deployment } from '../../src/testing/index.ts'
import type { AuthServer } from '../convex/support/auth-server.ts'
import type { AppFolder } from './app-folder.ts'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { anyApi } from 'convex/server'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { diagnose } from '../../src/cli/doctor/diagnose.ts'
import { acquireDeployment } from '../../src/dev/local-deployment.ts'
import { authDatabaseVariables } from '../../src/project/auth-database-variables.ts'
import { createAuthServer } from '../convex/support/auth-server.ts'
import { serve as serveAuth } from '../support/live/serve.ts'
import { createApp, createAppFolder } from './app-folder.ts'
import { runCommand } from './start-command.ts'

const OPTIONS = { data: '.convex-local', url: null, siteUrl: null, origin: null, authPath: '/api/auth', signIn: false }

/** The mistakes that the doctor finds in an app, and their fixes. */
async function doctor(root: string, options: Partial<DoctorOptions> = {}): Promise<{ ids: string[], fixes: string }> {
  const { findings } = await diagnose({ ...OPTIONS, root, ...options })
  return { ids: findings.map(({ id }) => id), fixes: findings.map(({ fix }) => fix).join('\n') }
}

type Headers = Record<string, string>

/** Serves one text at every path, or passes requests on with other headers. Resolves to the origin. */
async function serve(answer: { html: string } | { target: string, headers?: Headers }): Promise<string> {
  const server = createServer(async (request, response) => {
    if ('html' in answer)
      return void response.writeHead(200, { 'content-type': 'text/html' }).end(answer.html)
    const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !/^(?:host|connection)$/.test(name)))
    const upstream = await fetch(answer.target + request.url, { headers: headers as Headers })
    response.writeHead(upstream.status, { 'content-type': upstream.headers.get('content-type') ?? 'text/plain', ...answer.headers })
    response.end(await upstream.text())
  })
  server.listen(0, 'localhost')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `http://localhost:${(server.address() as AddressInfo).port}`
}

const AUTH_CONFIG = 'import { getAuthConfigProvider } from \'convue/convex\'\nexport default { providers: [getAuthConfigProvider(OPTIONS)] }\n'
const HTTP = 'import { httpRouter } from \'convex/server\'\nimport { registerAuthRoutes } from \'convue/convex\'\n'
  + 'import { createAuth } from \'./auth\'\nimport { httpAction } from \'./_generated/server\'\nconst http = httpRouter()\n'
const AUTH = 'import { betterAuth } from \'better-auth/minimal\'\nimport { convex, crossDomain, defineAuthDatabase } from \'convue/convex\'\n'
  + 'import { internal } from \'./_generated/api\'\nimport schema from \'./schema\'\n'
  + 'export const database = defineAuthDatabase({ schema, functions: internal.auth as any })\n'
  + 'export const { readAuthTables, writeAuthTables, findOne } = database.functions\n'
  + 'export const createAuth = (ctx: any) => betterAuth({ baseURL: process.env.SITE_URL, database: database.adapter(ctx), '
  + 'emailAndPassword: { enabled: true }, plugins: [PLUGINS] })\n'

/** An app without the functions that need plugins of Better Auth. */
function createSmallApp(files: Record<string, string>): AppFolder {
  const app = createApp()
  for (const file of ['profiles', 'teams', 'users'])
    app.remove(`convex/${file}.ts`)
  Object.entries(files).forEach(([file, text]) => app.write(file, text))
  return app
}

/** Counts the documents that a sign-up creates. */
const ACCOUNTS = 'import { internalQuery } from \'./_generated/server\'\n'
  + 'const size = async (ctx: any, table: string) => (await ctx.db.query(table).collect()).length\n'
  + 'export const count = internalQuery(async ctx => ({ user: await size(ctx, \'user\'), account: await size(ctx, \'account\'), session: await size(ctx, \'session\') }))\n'

/** Starts a deployment that an app does not start itself, and the variables with which the app finds it. */
async function startReal(files: Record<string, string>, env: Record<string, string> = {}): Promise<{ deployment: Deployment, files: { '.env.local': string } }> {
  const { root } = createSmallApp(files)
  const local = await acquireDeployment({ seed: null, start: { functions: join(root, 'convex'), env } }, 'http://localhost:5173')
  onTestFinished(local.release)
  const { url, siteUrl } = local.deployment
  return { deployment: local.deployment, files: { '.env.local': `VITE_CONVEX_URL=${url}\nVITE_CONVEX_SITE_URL=${siteUrl}\n` } }
}

describe('convue doctor', () => {
  let shared: Deployment
  let variables = ''
  const emptyFolder = mkdtempSync(join(tmpdir(), 'convue-doctor-'))
  beforeAll(async () => {
    const app = createAppFolder()
    const local = await acquireDeployment({ seed: null, start: { functions: join(app.root, 'convex') } }, 'http://localhost:5173')
    shared = local.deployment
    variables = `VITE_CONVEX_URL=${shared.url}\nVITE_CONVEX_SITE_URL=${shared.siteUrl}\n`
    return async () => {
      await local.release()
      app.remove('.')
      rmSync(emptyFolder, { recursive: true, force: true })
    }
  })

  it('finds nothing in a healthy app, whose page passes requests to Better Auth on', async () => {
    const { root } = createApp()
    const origin = await serve({ target: shared.siteUrl })
    const { findings, passed, skipped } = await diagnose({ ...OPTIONS, root, origin })
    expect(findings).toEqual([])
    expect(passed).toContain('sign-up, token and authenticated query')
    expect(passed).toContain('cookies')
    expect(skipped.map(({ check }) => check)).toEqual(['pages on another domain'])
  })

  it('finds nothing in a healthy app with a deployment that it knows only by its address', async () => {
    const { root } = createApp({ '.env.local': variables })
    expect((await doctor(root, { signIn: false })).ids).toEqual([])
  })

  it('reports an account that it could not delete, because Better Auth does not allow it', async () => {
    const { root } = createApp({ '.env.local': variables })
    const { ids, fixes } = await doctor(root, { signIn: true })
    expect(ids).toEqual(['ACCOUNT_NOT_DELETED'])
    expect(fixes).toContain('user.deleteUser.enabled')
  })

  it('signs up at a real deployment with `signIn`, and deletes the account afterwards', async () => {
    const { deployment, files } = await startReal({
      'convex/auth.ts': AUTH.replace('PLUGINS', 'convex()').replace('emailAndPassword', 'user: { deleteUser: { enabled: true } }, emailAndPassword'),
      'convex/accounts.ts': ACCOUNTS,
    })
    const { root } = createApp(files)
    const { findings, passed } = await diagnose({ ...OPTIONS, root, signIn: true })
    expect(findings).toEqual([])
    expect(passed).toContain('sign-up, token and authenticated query')
    await deployment.settled()
    const requests = deployment.log.filter(({ kind }) => kind === 'http').map(({ name }) => name)
    expect(requests).toEqual(expect.arrayContaining(['POST /api/auth/sign-up/email', 'POST /api/auth/delete-user']))
    expect(await deployment.query(anyApi.accounts!.count!)).toEqual({ user: 0, account: 0, session: 0 })
  })

  it('reads the variables of a real deployment with the official command line', async () => {
    const weak = await startReal({ 'convex/auth.ts': AUTH.replace('PLUGINS', 'convex()') }, { BETTER_AUTH_SECRET: 'hunter2' })
    const { root, write } = createApp(weak.files)
    const key = (adminKey: string): string => `CONVEX_SELF_HOSTED_URL=${weak.deployment.url}\nCONVEX_SELF_HOSTED_ADMIN_KEY=${adminKey}\n`
    write('.env.local', weak.files['.env.local'] + key(weak.deployment.adminKey))
    const { ids, fixes } = await doctor(root)
    expect(ids).toEqual(['SECRET_WEAK'])
    expect(fixes).toContain('npx convue env sync --auth')

    const request = { method: 'POST', headers: { 'authorization': `Convex ${weak.deployment.adminKey}`, 'content-type': 'application/json' } }
    await fetch(`${weak.deployment.url}/api/update_environment_variables`, { ...request, body: '{"changes":[{"name":"BETTER_AUTH_SECRET","value":null}]}' })
    expect((await doctor(root)).ids).toEqual(['SECRET_MISSING'])

    const reasonOf = async (): Promise<string | undefined> =>
      (await diagnose({ ...OPTIONS, root })).skipped.find(({ check }) => check === 'variables of the deployment')?.why
    write('.env.local', weak.files['.env.local'] + key(''))
    expect(await reasonOf()).toMatch(/^`npx convex env list --include-values` failed/)
    write('.env.local', variables + key(weak.deployment.adminKey))
    expect(await reasonOf()).toBe(`\`npx convex env list\` uses ${weak.deployment.url}, and not the deployment of the page`)
    write('.env.local', weak.files['.env.local'])
    expect(await reasonOf()).toContain('no variable such as CONVEX_DEPLOYMENT')
  })

  // These apps use the shared deployment, by its address.
  it.each<[name: string, id: string, files: Record<string, string>, fix: RegExp]>([
    ['the wrong site URL', 'SITE_URL_WRONG', { '.env.local': 'VITE_CONVEX_URL=https://happy-otter-123.convex.cloud\nVITE_CONVEX_SITE_URL=https://sad-owl-456.convex.site' }, /Set VITE_CONVEX_SITE_URL to https:\/\/happy-otter-123\.convex\.site/],
    ['the site URL in place of the URL', 'URL_IS_SITE_URL', { '.env.local': 'VITE_CONVEX_URL=https://happy-otter-123.convex.site' }, /Set VITE_CONVEX_URL to https:\/\/happy-otter-123\.convex\.cloud/],
    ['the URL in place of the site URL', 'SITE_URL_IS_URL', { '.env.local': 'NUXT_PUBLIC_CONVEX_URL=https://happy-otter-123.convex.cloud\nNUXT_PUBLIC_CONVEX_SITE_URL=https://happy-otter-123.convex.cloud' }, /Set NUXT_PUBLIC_CONVEX_SITE_URL to https:\/\/happy-otter-123\.convex\.site/],
    ['a URL that is not one', 'URL_INVALID', { '.env.local': 'VITE_CONVEX_URL=happy-otter-123' }, /Set VITE_CONVEX_URL to the address alone/],
    ['two versions of Convex', 'PACKAGE_TWICE', {
      'package.json': '{"name":"app","dependencies":{"convex":"*","other":"*"}}',
      'node_modules/other/package.json': '{"name":"other","version":"1.0.0","dependencies":{"convex":"*"}}',
      'node_modules/other/node_modules/convex/package.json': '{"name":"convex","version":"1.49.0"}',
    }, /npm dedupe/],
    ['versions that do not build', 'VERSIONS_DO_NOT_BUILD', {
      'node_modules/nuxt/package.json': '{"name":"nuxt","version":"4.5.2"}',
      'node_modules/vite/package.json': '{"name":"vite","version":"8.4.0"}',
    }, /npm install --save-dev vite@8\.3\.8/],
    ['a version that Convue does not support', 'VERSION_CONFLICT', { 'node_modules/better-auth/package.json': '{"name":"better-auth","version":"1.5.0"}' }, /npm install "better-auth@>=1\.6\.34/],
    ['a Node that is too old', 'NODE_UNSUPPORTED', { 'package.json': '{"name":"app","engines":{"node":">=20"}}' }, /">=22\.13"/],
  ])('finds %s', async (_name, id, files, fix) => {
    const { root } = createApp({ '.env.local': variables, ...files })
    const { ids, fixes } = await doctor(root)
    expect(ids).toEqual([id])
    expect(fixes).toMatch(fix)
  })

  it('finds that auth.config.ts is missing', async () => {
    const { root, remove } = createApp({ '.env.local': variables })
    remove('convex/auth.config.ts')
    const { ids, fixes } = await doctor(root)
    expect(ids).toEqual(['AUTH_CONFIG_MISSING'])
    expect(fixes).toContain('getAuthConfigProvider()')
  })

  it('finds that git does not ignore secrets', async () => {
    const { root, write } = createApp({ '.env.local': variables, 'convex/.env': 'TOKEN=secret' })
    spawnSync('git', ['init', '--quiet'], { cwd: root })
    const { ids, fixes } = await doctor(root)
    expect(ids).toEqual(['FILE_NOT_IGNORED', 'FILE_NOT_IGNORED'])
    expect(fixes).toContain('Add a line with .env.local to .gitignore')
    write('.gitignore', '*.local\n.env\n')
    expect((await doctor(root)).ids).toEqual([])
  })

  it('finds that packages of the embedded deployment and functions are missing', async () => {
    const { ids, fixes } = await doctor(emptyFolder)
    expect(ids).toEqual(['PACKAGE_MISSING', 'FUNCTIONS_MISSING'])
    expect(fixes).toContain('npm install --save-dev esbuild ws')
  })

  it('finds that the deployment cannot be reached', async () => {
    const { root } = createApp({ '.env.local': 'VITE_CONVEX_URL=http://127.0.0.1:9\nVITE_CONVEX_SITE_URL=http://127.0.0.1:9\n' })
    const { ids, fixes } = await doctor(root)
    expect(ids).toContain('DEPLOYMENT_UNREACHABLE')
    expect(fixes).toContain('npx convue dev')
  })

  it('finds a clock that is wrong', async () => {
    const { root } = createApp()
    const url = await serve({ target: shared.url, headers: { date: new Date(Date.now() - 300_000).toUTCString() } })
    const { ids, fixes } = await doctor(root, { url, siteUrl: shared.siteUrl })
    expect(ids).toEqual(['CLOCK_SKEW'])
    expect(fixes).toContain('NTP')
  })

  it('finds that the page does not pass requests to Better Auth on', async () => {
    const { root } = createApp({ '.env.local': variables })
    const { ids, fixes } = await doctor(root, { origin: await serve({ html: '<div id="app"></div>' }) })
    expect(ids).toEqual(['PROXY_MISSING'])
    expect(fixes).toContain('plugin `convue()`')
  })

  it('finds a cookie for http on a page with https', async () => {
    const { root } = createApp({ '.env.local': variables })
    const { ids, fixes } = await doctor(root, { origin: 'https://localhost:9' })
    expect(ids).toContain('COOKIE_NOT_SECURE')
    expect(fixes).toContain('Set SITE_URL, which is the `baseURL` of Better Auth, to https://localhost:9')
  })

  // These apps are started, each as an embedded deployment in memory.
  it.each<[name: string, ids: string[], files: Record<string, string>, fix: RegExp]>([
    ['an empty secret', ['SECRET_MISSING'], { 'convex/.env': 'BETTER_AUTH_SECRET=' }, /npx convue env sync --auth/],
    ['a weak secret', ['SECRET_WEAK'], { 'convex/.env': 'BETTER_AUTH_SECRET=hunter2' }, /npx convue env sync --auth/],
    ['the wrong issuer', ['ISSUER_WRONG'], { 'convex/auth.config.ts': AUTH_CONFIG.replace('OPTIONS', '{ issuer: \'https://other.convex.site\' }') }, /the same `issuer`/],
    ['static keys without a key', ['STATIC_KEYS_MISSING'], { 'convex/auth.config.ts': AUTH_CONFIG.replace('OPTIONS', '{ jwks: process.env.JWKS ?? \'[]\' }') }, /npx convue env sync --auth/],
    ['functions that cannot be loaded', ['FUNCTIONS_FAIL'], { 'convex/broken.ts': 'export const broken = =\n' }, /Correct the files/],
    ['routes that are missing', ['AUTH_ROUTES_MISSING'], { 'convex/http.ts': `${HTTP}export default http\n` }, /registerAuthRoutes/],
    ['keys that Convex does not accept', ['TOKEN_REFUSED', 'JWKS_ALGORITHM'], {
      'convex/http.ts': `${HTTP}http.route({ path: '/api/auth/convex/jwks', method: 'GET', handler: httpAction(async () => Response.json({ keys: [{ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA' }] })) })\n`
        + 'registerAuthRoutes(http, createAuth)\nexport default http\n',
    }, /`algorithm: 'ES256'`/],
    ['the plugin convex() missing', ['TOKEN_MISSING', 'JWKS_UNREACHABLE'], { 'convex/auth.ts': AUTH.replace('PLUGINS', '') }, /Add `convex\(\)`/],
  ])('finds %s', async (_name, ids, files, fix) => {
    const { root } = createSmallApp({ 'convex/auth.ts': AUTH.replace('PLUGINS', 'convex()'), ...files })
    const found = await doctor(root)
    expect(found.ids).toEqual(ids)
    expect(found.fixes).toMatch(fix)
  })

  it('finds that SITE_URL is not the origin of the page, and a cookie that its browser refuses', async () => {
    const { root } = createSmallApp({ 'convex/auth.ts': AUTH.replace('PLUGINS', 'convex()'), 'convex/.env': 'SITE_URL=https://app.example.com' })
    const { ids, fixes } = await doctor(root, { origin: await serve({ target: shared.siteUrl }) })
    expect(ids).toContain('SITE_URL_NOT_ORIGIN')
    expect(ids).toContain('COOKIE_SECURE_ON_HTTP')
    expect(fixes).toContain('npx convue env sync --site-url http://localhost')
  })

  it('finds that SITE_URL is not the origin of the development server that runs', async () => {
    const { root } = createSmallApp({ 'convex/auth.ts': AUTH.replace('PLUGINS', 'convex()'), 'convex/.env': 'SITE_URL=http://localhost:9999' })
    const page = await serve({ target: shared.siteUrl })
    const start = { functions: join(root, 'convex'), data: join(root, '.convex-local') }
    const local = await acquireDeployment({ seed: null, start }, page)
    onTestFinished(local.release)
    const { findings, skipped } = await diagnose({ ...OPTIONS, root })
    expect(findings).toMatchObject([{ id: 'SITE_URL_NOT_ORIGIN', what: `SITE_URL is http://localhost:9999, but the page is at ${page}.` }])
    expect(findings[0]!.fix).toBe(`Run \`npx convue env sync --site-url ${page}\`, or remove SITE_URL from convex/.env, and start the app again.`)
    expect(skipped.map(({ check }) => check)).not.toContain('Better Auth on the origin of the page')

    expect((await runCommand(root, ['env', 'sync', '--site-url', page])).code).toBe(0)
    expect((await doctor(root)).ids).toEqual([])
  })

  it('accepts a page that Better Auth trusts, although SITE_URL is another origin', async () => {
    const { root } = createSmallApp({
      'convex/auth.ts': AUTH.replace('PLUGINS', 'convex()').replace('emailAndPassword', 'trustedOrigins: [\'http://localhost:*\'], emailAndPassword'),
      'convex/.env': 'SITE_URL=http://localhost:9999',
    })
    const start = { functions: join(root, 'convex'), data: join(root, '.convex-local') }
    const local = await acquireDeployment({ seed: null, start }, 'http://localhost:5173')
    onTestFinished(local.release)
    const { findings, passed } = await diagnose({ ...OPTIONS, root })
    expect(findings).toEqual([])
    expect(passed).toContain('sign-up, token and authenticated query')
  })

  it('names SITE_URL and convex/.env if the value is not an origin', async () => {
    const { root } = createSmallApp({ 'convex/auth.ts': AUTH.replace('PLUGINS', 'convex()'), 'convex/.env': 'SITE_URL=localhost:5173' })
    const { findings } = await diagnose({ ...OPTIONS, root })
    expect(findings).toMatchObject([{ id: 'SITE_URL_INVALID', what: expect.stringContaining('SITE_URL in convex/.env is "localhost:5173"') }])
    expect(findings[0]!.fix).toContain('npx convue env sync --site-url http://localhost:5173')
  })

  /** The functions of an app with Better Auth in its own server. */
  const AUTH_IN_APP = {
    'convex/auth.config.ts': AUTH_CONFIG.replace('OPTIONS', '{ issuer: process.env.SITE_URL, jwks: process.env.JWKS || undefined }'),
    'convex/auth.ts': AUTH.replace('PLUGINS', 'convex()'),
    'convex/http.ts': 'import { httpRouter } from \'convex/server\'\nimport { registerAuthDatabaseRoute } from \'convue/convex\'\n'
      + 'import { database } from \'./auth\'\nconst http = httpRouter()\n'
      + 'registerAuthDatabaseRoute(http, { database, tables: [\'user\'] })\nexport default http\n',
  }

  it.each([
    ['without a sign-up', false],
    ['with a sign-up', true],
  ])('finds that SITE_URL of the server that runs Better Auth is not the origin of its page: %s', async (_title, signIn) => {
    const { root, write } = createSmallApp({ ...AUTH_IN_APP, '.env': 'SITE_URL=http://localhost:9999' })
    let baseURL = 'http://localhost:9999'
    let auth: AuthServer | undefined
    const page = await serveAuth(async request => await auth!.auth.handler(request))
    onTestFinished(page.close)
    const open = async (): Promise<void> => {
      auth = await createAuthServer('1.6', ({ convex }) => ({
        baseURL,
        plugins: [convex({ issuer: baseURL })],
        logger: { disabled: true },
      }))
    }
    await open()
    const env = authDatabaseVariables('a secret of thirty-two letters or more')
    const start = { functions: join(root, 'convex'), data: join(root, '.convex-local'), env }
    const local = await acquireDeployment({ seed: null, start }, page.url)
    onTestFinished(local.release)
    const { findings } = await diagnose({ ...OPTIONS, root, signIn })
    expect(findings).toMatchObject([{ id: 'SITE_URL_NOT_ORIGIN', what: `SITE_URL is http://localhost:9999, but the page is at ${page.url}.` }])
    expect(findings[0]!.fix).toBe(`Set SITE_URL to ${page.url} for the server of the app, or remove it, since \`nuxt dev\` sets it. Then start the app again.`)

    baseURL = page.url
    write('.env', `SITE_URL=${page.url}`)
    await open()
    expect((await doctor(root)).ids).toEqual([])
  })

  it('uses the variables of `nuxt dev` while it does not run, if Better Auth runs in the app', async () => {
    const { root } = createSmallApp(AUTH_IN_APP)
    expect((await doctor(root)).ids).toEqual(['STATIC_KEYS_MISSING'])
    writeFileSync(join(root, 'nuxt.config.ts'), 'export default {}\n')
    expect((await doctor(root)).ids).toEqual([])
  })

  it('ignores a copy of Better Auth that only the command line of Better Auth uses', async () => {
    const { root, write } = createApp({
      '.env.local': variables,
      'package.json': '{"name":"app","dependencies":{"better-auth":"*"},"devDependencies":{"auth":"*"}}',
      'node_modules/auth/package.json': '{"name":"auth","version":"1.6.34","dependencies":{"better-auth":"*"}}',
      'node_modules/auth/node_modules/better-auth/package.json': '{"name":"better-auth","version":"1.6.30"}',
    })
    expect((await doctor(root)).ids).toEqual([])
    // Any other package is part of the app.
    write('package.json', '{"name":"app","dependencies":{"better-auth":"*","other":"*"}}')
    write('node_modules/other/package.json', '{"name":"other","version":"1.0.0","dependencies":{"better-auth":"*"}}')
    write('node_modules/other/node_modules/better-auth/package.json', '{"name":"better-auth","version":"1.6.30"}')
    expect((await doctor(root)).ids).toEqual(['PACKAGE_TWICE'])
  })

  it('finds that a page on another domain is not allowed', async () => {
    const { root } = createSmallApp({ 'convex/auth.ts': AUTH.replace('PLUGINS', 'convex(), crossDomain({ siteUrl: process.env.SITE_URL! })') })
    const { ids, fixes } = await doctor(root, { origin: 'http://localhost:9' })
    expect(ids).toEqual(['CORS_MISSING'])
    expect(fixes).toContain('{ cors: true }')
  })

  it('prints findings with what, why and fix, or as JSON, with exit code 1', async () => {
    const { root } = createApp({ '.env.local': 'VITE_CONVEX_URL=happy-otter-123' })
    const text = await runCommand(root, ['doctor'])
    expect(text.stdout).toMatch(/✖ VITE_CONVEX_URL is "happy-otter-123".*\(URL_INVALID\)\n {2}why: .*\n {2}fix: Set VITE_CONVEX_URL/)
    expect(text.code).toBe(1)
    const { stdout, code } = await runCommand(root, ['doctor', '--json'])
    expect(JSON.parse(stdout)).toMatchObject({ deployment: { kind: 'remote' }, findings: [{ id: 'URL_INVALID', fix: expect.stringContaining('Set VITE_CONVEX_URL') }] })
    expect(code).toBe(1)
  })
})
