import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { stripVTControlCharacters } from 'node:util'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { babelParse, parse } from 'vue/compiler-sfc'
import { detectApp } from '../../../src/cli/init/app.ts'
import { commandOf, installPackages } from '../../../src/cli/init/apply-plan.ts'
import { warnAboutVersions } from '../../../src/cli/init/check-versions.ts'
import { runCli } from '../../../src/cli/run-cli.ts'

let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'convue-init-'))
  return () => rmSync(root, { recursive: true, force: true })
})

let printed: string[] = []

beforeEach(() => {
  printed = []
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed.push(stripVTControlCharacters(String(text)))
    return true
  })
  vi.spyOn(console, 'error').mockImplementation((text) => {
    printed.push(stripVTControlCharacters(String(text)))
  })
})

afterEach(() => {
  vi.restoreAllMocks()
})

function write(files: Record<string, string | object>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content, null, 2))
  }
}

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** All files of the app, with their contents. */
function snapshot(): Record<string, string> {
  const files = globSync('**/*', { cwd: root, withFileTypes: true, exclude: entry => entry.name === 'node_modules' })
    .filter(entry => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
  return Object.fromEntries([...files, join(root, '.gitignore')].filter(existsSync).map(file => [file, readFileSync(file, 'utf8')]))
}

function writeViteApp(packages: Record<string, string> = {}): void {
  write({
    'package.json': { name: 'app', dependencies: { vue: '^3.5.0', ...packages }, devDependencies: { vite: '^8.0.0' } },
    'index.html': '<div id="app"></div><script type="module" src="/src/main.ts"></script>',
    'vite.config.ts': 'import vue from \'@vitejs/plugin-vue\'\n\nexport default { plugins: [vue()] }\n',
    'tsconfig.json': {},
    'src/main.ts': 'import { createApp } from \'vue\'\nimport App from \'./App.vue\'\n\ncreateApp(App).mount(\'#app\')\n',
    'src/App.vue': '<template>\n  <p>Hello</p>\n</template>\n',
    '.gitignore': 'node_modules\n',
  })
}

function writeNuxtApp(): void {
  write({
    'package.json': { name: 'app', dependencies: { nuxt: '^4.5.0', vue: '^3.5.0' } },
    'nuxt.config.ts': 'export default defineNuxtConfig({})\n',
    'tsconfig.json': {},
    'app/app.vue': '<template>\n  <NuxtWelcome />\n</template>\n',
  })
}

/** Runs the command without an installation. */
async function init(...args: string[]): Promise<{ code: number, output: string }> {
  const before = printed.length
  const code = await runCli(['init', root, '--no-install', ...args])
  return { code, output: printed.slice(before).join('\n') }
}

/** A second run changes nothing, and leaves nothing to the developer. */
async function expectNothingToDo(...args: string[]): Promise<void> {
  const before = snapshot()
  const { code, output } = await init('--yes', ...args)
  expect(code).toBe(0)
  expect(output).toContain('There is nothing to change.')
  expect(output).not.toMatch(/left to you/)
  expect(snapshot()).toEqual(before)
}

describe('detectApp', () => {
  it('finds Vite, TypeScript and Pinia', async () => {
    writeViteApp({ pinia: '^4.0.0' })
    expect(await detectApp(root)).toMatchObject({ framework: 'vite', language: 'ts', hasPinia: true, source: 'src', functions: 'convex', auth: null })
  })

  it('finds JavaScript', async () => {
    writeViteApp()
    for (const file of ['tsconfig.json', 'vite.config.ts'])
      rmSync(join(root, file))
    expect(await detectApp(root)).toMatchObject({ language: 'js' })
  })

  it.each([
    [{}, 'app'],
    [{ 'app.vue': '' }, '.'],
    [{ 'nuxt.config.ts': 'export default defineNuxtConfig({ srcDir: \'client/\' })' }, 'client'],
  ])('finds the source folder of a Nuxt app with %j', async (files, source) => {
    write({ 'package.json': { dependencies: { nuxt: '^4.0.0' } }, ...files })
    expect(await detectApp(root)).toMatchObject({ framework: 'nuxt', source })
  })

  it.each([
    ['package-lock.json', 'npm'],
    ['pnpm-lock.yaml', 'pnpm'],
    ['bun.lock', 'bun'],
  ])('finds the package manager by %s', async (lock, agent) => {
    writeViteApp()
    write({ [lock]: '' })
    const app = await detectApp(root)
    expect(app.agent).toBe(agent)
    expect(commandOf(app, 'run', ['dev'])).toEqual([agent, 'run', 'dev'])
  })

  it('finds the package manager of a workspace above the app', async () => {
    write({ 'package.json': { packageManager: 'yarn@4.9.0' }, 'web/package.json': { dependencies: { vue: '3', vite: '8' } } })
    expect((await detectApp(join(root, 'web'))).agent).toMatch(/^yarn/)
  })

  it('finds the functions folder of convex.json', async () => {
    writeViteApp()
    write({ 'convex.json': { functions: 'backend/convex' } })
    expect(await detectApp(root)).toMatchObject({ functions: 'backend/convex' })
  })

  it.each([
    ['convex/auth.ts', 'local'],
    ['convex/authDatabase.ts', 'nuxt'],
  ])('finds the existing Better Auth in %s', async (path, auth) => {
    writeNuxtApp()
    write({ [path]: 'export const database = defineAuthDatabase({ schema, functions })' })
    expect(await detectApp(root)).toMatchObject({ auth })
  })
})

describe('convue init', () => {
  it('writes the files of a Vue app, and then has nothing to do', async () => {
    writeViteApp()
    const { code, output } = await init('--yes')
    expect(code).toBe(0)
    expect(output).not.toMatch(/left to you/)
    expect(read('vite.config.ts')).toContain('plugins: [vue(), convue()]')
    expect(read('src/main.ts')).toContain('.use(createConvex(')
    expect(read('src/App.vue')).toContain('<TasksPage />')
    expect(read('convex/schema.ts')).toContain('...authTables')
    expect(read('.gitignore')).toMatch(/^node_modules\n[\s\S]*\.convex-local\/\n\.env\.local\nconvex\/\.env\n$/)
    expect(JSON.parse(read('package.json'))).toMatchObject({
      dependencies: { 'better-auth': '~1.7.25', 'convex': '^1.48.0', 'vue': '^3.5.0' },
      devDependencies: { esbuild: '^0.28.2', vite: '^8.0.0' },
    })
    await expectNothingToDo()
  })

  it('never prints the secret that it creates', async () => {
    writeViteApp()
    const { output } = await init('--yes')
    const [, secret] = /^BETTER_AUTH_SECRET=(.{40,})$/m.exec(read('convex/.env'))!
    expect(output).toContain('.env (a new secret)')
    expect(output).not.toContain(secret)
  })

  it('keeps what the developer changes after the first run', async () => {
    writeViteApp()
    await init('--yes')
    write({
      'src/components/TaskList.vue': read('src/components/TaskList.vue').replace('New task', 'Another task'),
      'convex/auth.ts': read('convex/auth.ts').replace('convex()', 'convex(), admin()'),
    })
    await expectNothingToDo()
  })

  it('adds routes and pages to an app with a router', async () => {
    writeViteApp({ 'vue-router': '^5.0.0' })
    write({
      'src/pages/HomePage.vue': '<template><p /></template>',
      'src/router/index.ts': 'import { createRouter, createWebHistory } from \'vue-router\'\n\nexport default createRouter({\n  history: createWebHistory(),\n  routes: [],\n})\n',
    })
    expect((await init('--yes')).output).toContain('/tasks')
    expect(read('src/router/index.ts')).toContain('{ path: \'/tasks\', component: () => import(\'../pages/TasksView.vue\') }, { path: \'/sign-in\'')
    expect(existsSync(join(root, 'src/pages/SignInView.vue'))).toBe(true)
    expect(read('src/App.vue')).not.toContain('TasksPage')
    await expectNothingToDo()
  })

  it('adds pages, and no routes, to an app whose routes are files', async () => {
    writeViteApp({ 'vue-router': '^5.0.0' })
    const router = 'import { createRouter } from \'vue-router\'\nimport { routes } from \'vue-router/auto-routes\'\n\nexport default createRouter({ routes })\n'
    write({ 'src/router.ts': router })
    expect((await init('--yes')).output).not.toMatch(/left to you/)
    expect(existsSync(join(root, 'src/pages/tasks.vue'))).toBe(true)
    expect(read('src/router.ts')).toBe(router)
  })

  it('writes JavaScript for an app without TypeScript', async () => {
    writeViteApp()
    for (const file of ['tsconfig.json', 'src/main.ts', 'vite.config.ts'])
      rmSync(join(root, file))
    write({
      'vite.config.js': 'export default { plugins: [] }\n',
      'index.html': '<script type="module" src="/src/main.js"></script>',
      'src/main.js': 'import { createApp } from \'vue\'\nimport App from \'./App.vue\'\n\ncreateApp(App).mount(\'#app\')\n',
    })
    expect((await init('--yes')).output).not.toMatch(/left to you/)
    const modules = globSync('{convex,src}/**/*.{ts,js,vue}', { cwd: root })
    expect(modules.filter(file => file.endsWith('.ts'))).toEqual([])
    expect(modules.length).toBeGreaterThan(10)
    for (const file of modules) {
      const code = file.endsWith('.vue') ? parse(read(file)).descriptor.scriptSetup!.content : read(file)
      expect(() => babelParse(code, { sourceType: 'module', plugins: [] }), file).not.toThrow()
      expect(read(file)).not.toMatch(/lang="ts"|[ \t]$|\n{3,}/m)
    }
    await expectNothingToDo()
  })

  it.each(['local', 'component', 'nuxt'])('adds the module to a Nuxt app with --auth %s, and then has nothing to do', async (auth) => {
    writeNuxtApp()
    const { code, output } = await init('--yes', '--auth', auth)
    expect(code).toBe(0)
    expect(output).not.toMatch(/left to you/)
    expect(read('nuxt.config.ts')).toContain('\'convue/nuxt\'')
    expect(read('app/app.vue')).toBe('<template>\n  <TasksPage />\n</template>\n')
    expect(JSON.parse(read('package.json')).devDependencies.vite).toBe('~8.3.8')
    expect(read('nuxt.config.ts').includes('auth: \'local\'')).toBe(auth === 'nuxt')
    expect(existsSync(join(root, 'server/utils/auth.ts'))).toBe(auth === 'nuxt')
    await expectNothingToDo('--auth', auth)
  })

  it('writes the same secret for the deployment and for the server of a Nuxt app', async () => {
    writeNuxtApp()
    await init('--yes', '--auth', 'nuxt')
    const secretOf = (path: string) => /^AUTH_DATABASE_SECRET=(.{40,})$/m.exec(read(path))![1]
    expect(secretOf('.env')).toBe(secretOf('convex/.env'))
    expect(read('.gitignore')).toMatch(/^\.env$/m)
  })

  it('edits the existing Convex files of an app', async () => {
    writeViteApp()
    write({
      'convex/schema.ts': 'import { defineSchema, defineTable } from \'convex/server\'\n\nexport default defineSchema({\n  notes: defineTable({}),\n})\n',
      'convex/http.ts': 'import { httpRouter } from \'convex/server\'\n\nconst http = httpRouter()\n\nexport default http\n',
    })
    expect((await init('--yes')).output).not.toMatch(/left to you/)
    expect(read('convex/schema.ts')).toMatch(/notes[\s\S]*\.\.\.authTables,\n {2}tasks: /)
    expect(read('convex/http.ts')).toContain('registerAuthRoutes(http, createAuth)')
    await expectNothingToDo()
  })

  it('finds the main file and its component in another folder', async () => {
    writeViteApp()
    write({
      'index.html': '<script type="module" src="./client/main.ts"></script>',
      'client/main.ts': 'import { createApp } from \'vue\'\nimport App from \'./app/Root.vue\'\n\ncreateApp(App).mount(\'#app\')\n',
      'client/app/Root.vue': '<template>\n  <p>Hello</p>\n</template>\n',
    })
    expect((await init('--yes')).output).not.toMatch(/left to you/)
    expect(read('client/main.ts')).toContain('from \'./auth-client\'')
    expect(read('client/app/Root.vue')).toContain('import TasksPage from \'../components/TasksPage.vue\'')
    expect(read('client/components/TaskList.vue')).toContain('from \'../../convex/_generated/api\'')
  })

  it('imports functions from the folder of convex.json', async () => {
    writeViteApp()
    write({ 'convex.json': { functions: 'src/backend' } })
    expect((await init('--yes')).output).not.toMatch(/left to you/)
    expect(read('src/components/TaskList.vue')).toContain('from \'../backend/_generated/api\'')
    expect(read('auth.ts')).toContain('from \'./src/backend/auth\'')
    expect(read('.gitignore')).toContain('src/backend/.env')
  })

  it('keeps an existing file with other content, and reports it, unless --overwrite is passed', async () => {
    writeViteApp()
    const own = '<template>\n  <p>My tasks</p>\n</template>\n'
    write({ 'src/components/TaskList.vue': own })
    expect((await init('--yes')).output).toMatch(/left to you[\s\S]*src\/components\/TaskList\.vue: exists and is kept/)
    expect(read('src/components/TaskList.vue')).toBe(own)
    await init('--yes', '--overwrite')
    expect(read('src/components/TaskList.vue')).toContain('api.tasks.list')
  })

  it('prints the lines for a file that it cannot edit, with the place', async () => {
    writeViteApp()
    const config = 'export default createMyConfig()\n'
    write({ 'vite.config.ts': config })
    const { code, output } = await init('--yes')
    expect(code).toBe(0)
    expect(output).toMatch(/vite\.config\.ts: Add the plugin to `plugins`:[\s\S]*plugins: \[vue\(\), convue\(\)\]/)
    expect(read('vite.config.ts')).toBe(config)
  })

  it('changes nothing with --dry-run', async () => {
    writeViteApp()
    const before = snapshot()
    const { code, output } = await init('--dry-run')
    expect(code).toBe(0)
    expect(output).toMatch(/\+import \{ convue \} from 'convue\/vite'/)
    expect(snapshot()).toEqual(before)
  })

  it('changes nothing without --yes if it cannot ask', async () => {
    writeViteApp()
    vi.spyOn(process, 'stdin', 'get').mockReturnValue({ isTTY: false } as never)
    const before = snapshot()
    const { code, output } = await init()
    expect(code).toBe(1)
    expect(output).toMatch(/--yes[\s\S]*INIT_NOT_CONFIRMED/)
    expect(snapshot()).toEqual(before)
  })

  it.each([
    ['a folder without a package.json', {}, /has no package\.json[\s\S]*npm create convue[\s\S]*APP_NOT_FOUND/],
    ['an app without Vue', { 'package.json': { dependencies: { react: '19' } } }, /neither Vue with Vite nor Nuxt[\s\S]*APP_NOT_FOUND/],
    ['the root of a workspace', { 'package.json': {}, 'apps/web/package.json': { dependencies: { nuxt: '^4.0.0' } } }, /in the folder of an app: apps\/web\./],
    ['a package.json that is not JSON', { 'package.json': '{' }, /not valid JSON/],
  ])('explains %s, with exit code 1', async (_name, files, message) => {
    write(files)
    const { code, output } = await init('--yes')
    expect(code).toBe(1)
    expect(output).toMatch(message)
  })

  it.each([
    ['everywhere', /local, component\.[\s\S]*INIT_OPTION_INVALID/],
    ['nuxt', /local, component\.[\s\S]*INIT_OPTION_INVALID/],
  ])('refuses --auth %s for a Vue app, with the possible values', async (auth, message) => {
    writeViteApp()
    const { code, output } = await init('--yes', '--auth', auth)
    expect(code).toBe(1)
    expect(output).toMatch(message)
  })

  it('uses the existing set-up of Better Auth, and refuses another', async () => {
    writeViteApp({ '@convex-dev/better-auth': '^0.12.5' })
    expect((await init('--yes', '--auth', 'local')).output).toMatch(/INIT_AUTH_EXISTS/)
    expect((await init('--yes')).output).toContain('in the component')
    expect(read('src/auth-client.ts')).toContain('@convex-dev/better-auth/client/plugins')
    expect(JSON.parse(read('package.json')).dependencies['better-auth']).toBe('~1.6.34')
  })

  it('refuses an installed version that Convue does not support', async () => {
    writeViteApp()
    write({ 'node_modules/vue/package.json': { name: 'vue', version: '3.4.0' } })
    const { code, output } = await init('--yes')
    expect(code).toBe(1)
    expect(output).toMatch(/vue 3\.4\.0[\s\S]*VERSION_CONFLICT/)
    expect(existsSync(join(root, 'convex'))).toBe(false)
  })
})

describe('warnAboutVersions', () => {
  it('names versions of Nuxt and Vite that do not build together, with the fix', async () => {
    writeNuxtApp()
    write({
      'node_modules/nuxt/package.json': { name: 'nuxt', version: '4.5.2' },
      'node_modules/vite/package.json': { name: 'vite', version: '8.4.0' },
    })
    const [warning] = warnAboutVersions(await detectApp(root))
    expect(warning).toBe('With nuxt 4.5.2 and vite 8.4.0, `nuxt build` fails. Run `npm install --save-dev vite@8.3.8`.')
    write({ 'node_modules/vite/package.json': { name: 'vite', version: '8.3.8' } })
    expect(warnAboutVersions(await detectApp(root))).toEqual([])
  })
})

describe('installPackages', () => {
  it('throws the output of the package manager', async () => {
    write({ 'package.json': { dependencies: { 'nuxt': '^4.0.0', 'not a name': '1.0.0' } }, 'package-lock.json': '' })
    const installing = installPackages(await detectApp(root))
    await expect(installing).rejects.toMatchObject({ code: 'INSTALL_FAILED', why: expect.stringMatching(/npm i.*failed:[\s\S]*Invalid package name/) })
  })
})
