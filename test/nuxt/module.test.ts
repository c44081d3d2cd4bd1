import type { ModuleOptions } from '../../src/nuxt/module.ts'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadNuxt, logger } from 'nuxt/kit'
import { afterEach, describe, expect, it, vi } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const MODULE = join(ROOT, 'src/nuxt/module.ts')
const NUXT_BETTER_AUTH = '@onmax/nuxt-better-auth'
const STAND_IN = join(ROOT, 'test/nuxt/other-auth/module.ts')

const folders: string[] = []
const original = { ...logger }
afterEach(async () => {
  vi.unstubAllEnvs()
  Object.assign(logger, original)
  delete logger.options.mockFn
  await Promise.all(folders.splice(0).map(folder => rm(folder, { recursive: true })))
})

interface SetUp {
  convex?: ModuleOptions
  files?: Record<string, string>
  env?: Record<string, string>
  modules?: string[]
  /** The options of the other module. */
  auth?: object
  /** The folder of the app in the temporary folder. @default '.' */
  root?: string
  /** Further options of Nuxt. @default {} */
  overrides?: object
}

/** The warnings of all modules, which the loggers that they create copy from Nuxt's logger. */
function collectWarnings(): string[] {
  const warnings: string[] = []
  logger.mockTypes(type => (...parts: unknown[]) => void (type === 'warn' && warnings.push(parts.join(' '))))
  return warnings
}

/** Loads Nuxt in an app with these files, without building it. */
async function setUp({ convex = {}, files = { 'convex/_generated/api.js': '' }, env = {}, modules = [MODULE], auth = {}, root = '.', overrides = {} }: SetUp = {}) {
  const workspace = await mkdtemp(join(tmpdir(), 'convue-module-'))
  folders.push(workspace)
  const folder = join(workspace, root)
  await mkdir(folder, { recursive: true })
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  for (const [name, text] of Object.entries({ 'app/app.vue': '<template><p /></template>', ...files })) {
    await mkdir(join(folder, name, '..'), { recursive: true })
    await writeFile(join(folder, name), text)
  }
  for (const name of ['CONVEX_URL', 'CONVEX_SITE_URL', 'NUXT_PUBLIC_CONVEX_URL', 'NUXT_PUBLIC_CONVEX_SITE_URL'])
    vi.stubEnv(name, env[name])
  // Nuxt loads the module only once, and its cache would be in the folder of the first test.
  vi.stubEnv('JITI_FS_CACHE', 'false')
  const nuxt = await loadNuxt({ cwd: folder, overrides: { modules, convex, auth, alias: { [NUXT_BETTER_AUTH]: STAND_IN, 'convue/testing': join(ROOT, 'src/testing/index.ts') }, telemetry: false, logLevel: 'silent', compatibilityDate: '2026-11-01', ...overrides } as any })
  await nuxt.close()
  const contentsOf = async (filename: string): Promise<string> => {
    const { getContents } = nuxt.options.build.templates.find(template => template.filename === filename)!
    return await getContents!({ nuxt, app: nuxt.apps.default!, options: {} })
  }
  return { folder, options: nuxt.options, contentsOf, convex: nuxt.options.runtimeConfig.public.convex as { url: string, siteUrl: string } }
}

/** The names of the generated files in a functions folder. */
function generated(folder: string): Record<string, string> {
  return Object.fromEntries(['api.js', 'server.d.ts', 'dataModel.d.ts'].map(name => [`${folder}/_generated/${name}`, '']))
}

describe('url and siteUrl', () => {
  const CLOUD = 'https://happy-otter-123.convex.cloud'
  const SITE = 'https://happy-otter-123.convex.site'
  const OTHER = 'https://other.example'

  it.each([
    ['CONVEX_URL', { CONVEX_URL: CLOUD }, {}, { url: CLOUD, siteUrl: '' }],
    ['CONVEX_SITE_URL', { CONVEX_URL: CLOUD, CONVEX_SITE_URL: SITE }, {}, { url: CLOUD, siteUrl: SITE }],
    ['NUXT_PUBLIC_… rather than CONVEX_…', { NUXT_PUBLIC_CONVEX_URL: CLOUD, NUXT_PUBLIC_CONVEX_SITE_URL: SITE, CONVEX_URL: OTHER, CONVEX_SITE_URL: OTHER }, {}, { url: CLOUD, siteUrl: SITE }],
    ['the options rather than any variable', { CONVEX_URL: OTHER, CONVEX_SITE_URL: OTHER, NUXT_PUBLIC_CONVEX_URL: OTHER }, { url: CLOUD, siteUrl: SITE }, { url: CLOUD, siteUrl: SITE }],
    ['no source, which are empty strings', {}, {}, { url: '', siteUrl: '' }],
  ])('have values from %s', async (_, env, convex, expected) => {
    expect((await setUp({ env, convex })).convex).toEqual(expected)
  })
})

describe('a missing address of the deployment', () => {
  it('is reported once when Nuxt starts, with the variable to set', async () => {
    const warnings = collectWarnings()
    await setUp()
    expect(warnings.filter(warning => warning.includes('[DEPLOYMENT_MISSING]'))).toEqual([expect.stringMatching(/no address.*`CONVEX_URL`.*`NUXT_PUBLIC_CONVEX_URL`/)])
  })

  it('is not reported if the option `url` or a variable contains the address', async () => {
    const warnings = collectWarnings()
    await setUp({ convex: { url: 'https://happy-otter-123.convex.cloud' } })
    await setUp({ env: { CONVEX_URL: 'https://happy-otter-123.convex.cloud' } })
    expect(warnings.join()).not.toContain('DEPLOYMENT_MISSING')
  })
})

describe('auth', () => {
  const ours = [MODULE]
  const before = [MODULE, NUXT_BETTER_AUTH]
  const after = [NUXT_BETTER_AUTH, MODULE]

  it.each<[string, SetUp, { provider: 'convue' | 'nuxt-better-auth' | 'none', identitySource: string, proxy: boolean }]>([
    ['the default', { modules: ours }, { provider: 'convue', identitySource: 'deployment', proxy: true }],
    ['\'local\'', { modules: ours, convex: { auth: 'local' } }, { provider: 'convue', identitySource: 'app', proxy: false }],
    ['\'external\'', { modules: ours, convex: { auth: 'external' } }, { provider: 'none', identitySource: 'none', proxy: false }],
    ['the default before the other module', { modules: before }, { provider: 'nuxt-better-auth', identitySource: 'app', proxy: false }],
    ['the default after the other module', { modules: after, convex: { authDatabase: false } }, { provider: 'nuxt-better-auth', identitySource: 'app', proxy: false }],
    ['the default beside a `clientOnly` module', { modules: before, auth: { clientOnly: true } }, { provider: 'nuxt-better-auth', identitySource: 'none', proxy: false }],
    ['\'local\' beside a `clientOnly` module', { modules: before, auth: { clientOnly: true }, convex: { auth: 'local' } }, { provider: 'nuxt-better-auth', identitySource: 'app', proxy: false }],
    ['\'external\' beside the other module', { modules: before, convex: { auth: 'external' } }, { provider: 'nuxt-better-auth', identitySource: 'none', proxy: false }],
    ['\'convue\' beside the other module', { modules: before, convex: { auth: 'convue' } }, { provider: 'convue', identitySource: 'deployment', proxy: true }],
  ])('determines the provider of the pages, and the source of the server\'s identity: %s', async (_, setting, expected) => {
    const { options, contentsOf } = await setUp(setting)
    const client = await contentsOf('convue/auth-client.mjs')
    expect(client.includes('useUserSession')).toBe(expected.provider === 'nuxt-better-auth')
    expect(client.includes('default-auth-client')).toBe(expected.provider === 'convue')
    expect((options.runtimeConfig.convex as any).identitySource).toBe(expected.identitySource)
    expect(await contentsOf('convue/options.mjs')).toContain(`export const rendersUser = ${expected.identitySource !== 'none'}`)
    expect((options as any).serverHandlers.some(({ handler }: { handler: string }) => handler.includes('auth-proxy'))).toBe(expected.proxy)
  })

  it('\'local\' keeps the responses of the app\'s routes out of caches', async () => {
    const { options } = await setUp({ convex: { auth: 'local', basePath: '/auth' } })
    expect((options as any).routeRules['/auth/**']).toEqual({ cache: false, swr: false, isr: false, prerender: false, headers: { 'cache-control': 'private, no-store', 'vary': 'Cookie' } })
  })
})

describe('authDatabase', () => {
  const before = [MODULE, NUXT_BETTER_AUTH]
  const after = [NUXT_BETTER_AUTH, MODULE]
  const databaseOf = async (setting: SetUp) => {
    const { options, contentsOf } = await setUp(setting)
    const { databaseProvider } = options.runtimeConfig.public.auth as { databaseProvider: string }
    return { databaseProvider, code: await contentsOf('better-auth/database.mjs') }
  }

  it('makes Convex the database of the other module', async () => {
    const { databaseProvider, code } = await databaseOf({ modules: before })
    expect(databaseProvider).toBe('convex')
    const file = /^export \{ createDatabase, db \} from "(.+)"\n$/.exec(code)![1]!
    expect(readFileSync(`${file}.ts`, 'utf8')).toContain('import { convexDatabase } from \'convue/convex/database\'')
  })

  it('does not change the database if NuxtHub provides it, or if the option is false', async () => {
    expect((await databaseOf({ modules: before, auth: { hasHubDb: true } })).databaseProvider).toBe('nuxthub')
    expect((await databaseOf({ modules: before, convex: { authDatabase: false } })).databaseProvider).toBe('none')
  })

  it('warns of the wrong order of modules, and names the right order', async () => {
    const warnings = collectWarnings()
    expect((await databaseOf({ modules: after })).databaseProvider).toBe('none')
    expect(warnings.join()).toMatch(/\[MODULE_ORDER\].*`modules: \['convue\/nuxt', '@onmax\/nuxt-better-auth'\]`.*`convex: \{ authDatabase: false \}`/)
  })

  it('throws an error for the wrong order of modules if the option is true', async () => {
    await expect(setUp({ modules: after, convex: { authDatabase: true } })).rejects.toThrow('[MODULE_ORDER]')
  })

  it.each<[string, SetUp]>([
    ['the order is right', { modules: before }],
    ['the option is false', { modules: after, convex: { authDatabase: false } }],
    ['NuxtHub provides a database', { modules: after, auth: { hasHubDb: true } }],
    ['Better Auth runs elsewhere', { modules: after, auth: { clientOnly: true } }],
  ])('does not warn of the order if %s', async (_, setting) => {
    const warnings = collectWarnings()
    await setUp(setting)
    expect(warnings.join()).not.toContain('MODULE_ORDER')
  })
})

describe('the auth routes', () => {
  it('have a route rule that disables every cache, even if other rules enable a cache', async () => {
    const { options } = await setUp({ convex: { basePath: '/auth' } })
    expect((options as any).routeRules['/auth/**']).toEqual({ cache: false, swr: false, isr: false, prerender: false })
  })
})

describe('tokenPath', () => {
  it('is passed to the app\'s server and to its pages', async () => {
    const { options, contentsOf } = await setUp({ convex: { tokenPath: '/token' } })
    expect((options.runtimeConfig.convex as any).server).toMatchObject({ tokenPath: '/token', basePath: '/api/auth' })
    expect(await contentsOf('convue/options.mjs')).toContain('export const tokenPath = "/token"')
  })

  it('is that of convex() by default', async () => {
    const { contentsOf } = await setUp()
    expect(await contentsOf('convue/options.mjs')).toContain('export const tokenPath = "/convex/token"')
  })
})

describe('queryAuth, keepPreviousData and lingerMs', () => {
  it('are passed to the pages', async () => {
    const { contentsOf } = await setUp({ convex: { queryAuth: 'required', keepPreviousData: true, lingerMs: 0 } })
    expect(await contentsOf('convue/options.mjs')).toContain('export const queryDefaults = {"queryAuth":"required","keepPreviousData":true,"lingerMs":0}')
  })
})

describe('persist, outbox and sharedTabs', () => {
  const contentsWith = async (convex: ModuleOptions): Promise<string> => await (await setUp({ convex })).contentsOf('convue/browser-features.mjs')

  it('persist adds the store for results, with its options and the prefix of the cookies', async () => {
    const contents = await contentsWith({ persist: { version: '2' }, server: { cookiePrefix: 'shop' } })
    expect(contents).toContain('from \'convue/persist\'')
    expect(contents).toContain('indexedDbStore({ ...{"cookiePrefix":"shop","version":"2"}, readAfter })')
    expect(await contentsWith({ persist: true })).toContain('indexedDbStore({ ...{}, readAfter })')
  })

  it('outbox adds the outbox, with its options', async () => {
    const contents = await contentsWith({ outbox: { onSignOut: 'clear' } })
    expect(contents).toContain('from \'convue/offline\'')
    expect(contents).toContain('indexedDbOutbox({"onSignOut":"clear"})')
    expect(await contentsWith({ outbox: true })).toContain('indexedDbOutbox({})')
  })

  it('sharedTabs adds the shared worker', async () => {
    const contents = await contentsWith({ sharedTabs: true })
    expect(contents).toContain('from \'convue/tabs\'')
    expect(contents).toMatch(/import TabsWorker from ".*tabs-worker\?sharedworker"/)
  })

  it('add nothing by default', async () => {
    expect(await contentsWith({})).toBe([
      'export const createResultStore = () => undefined\n',
      'export const createOutbox = () => undefined\n',
      'export const clientOptions = undefined\n',
    ].join(''))
  })
})

describe('a function as an option in nuxt.config', () => {
  const anywhere = (() => '/') as any

  it.each<[string, ModuleOptions]>([
    ['signInPath', { signInPath: anywhere }],
    ['homePath', { homePath: anywhere }],
    ['pageAuth.redirectTo', { pageAuth: { redirectTo: anywhere } }],
  ])('throws an error, since the build would omit the function: %s', async (option, convex) => {
    await expect(setUp({ convex })).rejects.toThrow(`\`convex.${option}\` is a function, which nuxt.config cannot hold.`)
  })
})

describe('the layers of an app', () => {
  const layer = (config = '{}'): Record<string, string> => ({
    'nuxt.config.ts': 'export default { extends: [\'./first\', \'./second\'] }',
    'first/nuxt.config.ts': `export default ${config}`,
    'second/nuxt.config.ts': 'export default {}',
  })
  it('provide functions if the project has none, in the order in which Nuxt uses layers', async () => {
    const { folder, options } = await setUp({ files: { ...layer(), ...generated('first/convex'), ...generated('second/convex') } })
    for (const name of ['api', 'server', 'dataModel'])
      expect(options.alias[`#convex/${name}`]).toBe(join(folder, 'first/convex/_generated', name))
  })

  it('can set the folder of their functions in their own configuration', async () => {
    const { folder, options } = await setUp({ files: { ...layer('{ convex: { functions: \'backend\' } }'), ...generated('first/backend'), ...generated('second/convex') } })
    expect(options.alias['#convex/api']).toBe(join(folder, 'first/backend/_generated/api'))
  })

  it('do not replace functions of the project that have no generated code yet', async () => {
    const { folder, options } = await setUp({ files: { ...layer(), 'convex/tasks.ts': '', ...generated('first/convex') } })
    expect(options.alias['#convex/api']).toMatch(/missing-api/)
    expect(options.watch).toContain(join(folder, 'convex/_generated/api.js'))
  })

  it('are named in the error if the code of their functions is not generated yet', async () => {
    const { folder, options } = await setUp({ files: { ...layer(), 'second/convex/tasks.ts': '' } })
    expect(options.watch).toContain(join(folder, 'second/convex/_generated/api.js'))
    const missing = options.build.templates.find(({ filename }) => filename === 'convue/missing-api.mjs')!
    expect(await missing.getContents!({} as any)).toContain(`Run \`npx convex dev\` in ${join(folder, 'second')}, which writes it`)
  })

  it('provide the auth client if the project has none', async () => {
    const clientOf = async (files: Record<string, string>): Promise<string> => {
      const { folder, options } = await setUp({ files: { ...layer(), ...files } })
      const template = options.build.templates.find(({ filename }) => filename === 'convue/auth-client.mjs')!
      return (await template.getContents!({} as any)).replaceAll(folder, '')
    }
    expect(await clientOf({ 'second/app/auth-client.ts': '' })).toContain('"/second/app/auth-client"')
    expect(await clientOf({ 'first/app/auth-client.ts': '', 'second/app/auth-client.ts': '' })).toContain('"/first/app/auth-client"')
    expect(await clientOf({ 'app/auth-client.ts': '', 'first/app/auth-client.ts': '' })).toContain('"/app/auth-client"')
  })
})

describe('the aliases #convex/*', () => {
  it('refer to the generated code in the configured folder', async () => {
    const { folder, options } = await setUp({
      convex: { functions: 'backend/functions' },
      files: { 'backend/functions/_generated/api.js': '', 'backend/functions/_generated/server.d.ts': '', 'backend/functions/_generated/dataModel.d.ts': '' },
    })
    for (const name of ['api', 'server', 'dataModel'])
      expect(options.alias[`#convex/${name}`]).toBe(join(folder, 'backend/functions/_generated', name))
  })

  it('make the development server restart when the code is generated', async () => {
    const { folder, options } = await setUp({ files: {} })
    expect(options.watch).toContain(join(folder, 'convex/_generated/api.js'))
  })

  it('refer to the folder that `convex.json` of the project names', async () => {
    const files = { 'convex.json': '{ "functions": "backend/" }', ...generated('backend'), ...generated('convex') }
    const { folder, options } = await setUp({ files })
    expect(options.alias['#convex/api']).toBe(join(folder, 'backend/_generated/api'))
  })

  it('refer to the folder of another package of the workspace', async () => {
    const files = generated('../backend/convex')
    const { folder, options } = await setUp({ root: 'web', files, convex: { functions: '../backend/convex' } })
    expect(options.alias['#convex/api']).toBe(join(folder, '../backend/convex/_generated/api'))
  })

  it('refer to the folder that `convex.json` at the root of a monorepo names', async () => {
    const files = { '../convex.json': '{ "functions": "backend/convex" }', ...generated('../backend/convex') }
    const { folder, options } = await setUp({ root: 'web', files })
    expect(options.alias['#convex/api']).toBe(join(folder, '../backend/convex/_generated/api'))
  })

  it('prefer the functions of a layer to those of a monorepo', async () => {
    const files = {
      'nuxt.config.ts': 'export default { extends: [\'./first\'] }',
      'first/nuxt.config.ts': 'export default {}',
      '../convex.json': '{ "functions": "backend/convex" }',
      ...generated('first/convex'),
      ...generated('../backend/convex'),
    }
    const { folder, options } = await setUp({ root: 'web', files })
    expect(options.alias['#convex/api']).toBe(join(folder, 'first/convex/_generated/api'))
  })

  it('do not depend on `srcDir`', async () => {
    const files = { 'nuxt.config.ts': 'export default { srcDir: \'client\' }', ...generated('convex') }
    const { folder, options } = await setUp({ files })
    expect(options.alias['#convex/api']).toBe(join(folder, 'convex/_generated/api'))
  })
})

describe('nuxt prepare', () => {
  const prepare = (files: Record<string, string>): ReturnType<typeof setUp> => setUp({ files, overrides: { _prepare: true } })
  const textOf = (folder: string): string => readFileSync(join(folder, 'convex/_generated/api.d.ts'), 'utf8')

  it('writes the generated code, and updates what it has written', async () => {
    const { folder, options } = await prepare({ 'convex/tasks.ts': 'export const list = 1' })
    expect(textOf(folder)).toContain('"tasks"')
    expect(options.alias['#convex/api']).toBe(join(folder, 'convex/_generated/api'))
    expect(textOf((await prepare({ 'convex/tasks.ts': 'export const list = 1', 'convex/_generated/api.d.ts': '/* convue/testing */' })).folder)).toContain('"tasks"')
  })

  it('does not change the generated code of Convex', async () => {
    expect(textOf((await prepare({ 'convex/tasks.ts': 'export const list = 1', 'convex/_generated/api.d.ts': '/* Convex */' })).folder)).toBe('/* Convex */')
  })

  it('warns, and does not fail, if the code cannot be generated', async () => {
    const warnings = collectWarnings()
    await prepare({ 'convex/convex.config.ts': 'export default (((' })
    expect(warnings.join()).toContain('FUNCTIONS_INVALID')
  })

  it('does not run in a build', async () => {
    const { folder } = await setUp({ files: { 'convex/tasks.ts': 'export const list = 1' } })
    expect(existsSync(join(folder, 'convex/_generated'))).toBe(false)
  })
})
