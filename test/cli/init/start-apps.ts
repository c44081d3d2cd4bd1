/** The apps in which `npm run check:init` runs `convue init`. */
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { ROOT, run } from '../../package/peers/run.ts'
import { startRegistry } from './local-registry.ts'

/** An app before `convue init`. */
export interface StartedApp {
  /** Creates the app in a new folder. */
  create: (folder: string) => Promise<void>
  /** Whether the app then has Convue already. @default false */
  hasConvue?: boolean
  /** Arguments of `convue init`. @default [] */
  args?: string[]
  /** Whether `npm run dev` uses the variable `PORT`. */
  readsPort: boolean
  /** The path of the page with the tasks. */
  path: string
  /** Whether that page links to the form, or is the form itself until a user has signed in. */
  signIn: 'link' | 'same page'
}

/** Pinned, so that a new version of a scaffolder does not fail unrelated changes. */
const CREATE_VITE = 'vite@9.3.0'
const CREATE_VUE = 'vue@3.24.0'

async function scaffold(creator: string, folder: string, options: string[]): Promise<void> {
  const args = ['create', '--yes', '--prefer-offline', creator, basename(folder), '--', ...options]
  await run('npm', args, dirname(folder))
}

function emptyVite(template: string): (folder: string) => Promise<void> {
  return folder => scaffold(CREATE_VITE, folder, ['--template', template, '--no-interactive'])
}

/** A copy of the template that nuxi downloads. */
async function emptyNuxt(folder: string): Promise<void> {
  cpSync(join(ROOT, 'test/cli/apps/nuxt-minimal'), folder, { recursive: true })
}

/** A Nuxt app with a page. */
async function nuxtWithPages(folder: string): Promise<void> {
  await emptyNuxt(folder)
  mkdirSync(join(folder, 'app/pages'))
  writeFileSync(join(folder, 'app/pages/index.vue'), '<template>\n  <h1>My app</h1>\n</template>\n')
  writeFileSync(join(folder, 'app/app.vue'), '<template>\n  <NuxtPage />\n</template>\n')
}

/** Runs `npm create convue`, with a registry that has the packed packages. */
async function createConvue(folder: string): Promise<void> {
  const scratch = dirname(folder)
  const registry = await startRegistry([ROOT, join(ROOT, 'create-convue')], scratch)
  try {
    const env = { npm_config_registry: registry.url, npm_config_cache: await cacheWithoutCommands(scratch) }
    await run('npm', ['create', '--yes', 'convue', basename(folder)], scratch, env)
  }
  finally {
    registry.close()
  }
}

/** The cache of npm without the commands that it has run: an earlier `create-convue` has the same version. */
async function cacheWithoutCommands(scratch: string): Promise<string> {
  const { stdout } = await run('npm', ['config', 'get', 'cache'], scratch)
  const [cache, contents] = [join(scratch, 'npm-cache'), join(stdout.trim(), '_cacache')]
  mkdirSync(cache)
  mkdirSync(contents, { recursive: true })
  symlinkSync(contents, join(cache, '_cacache'))
  return cache
}

export const APPS: Record<string, StartedApp> = {
  'vite': { create: emptyVite('vue-ts'), readsPort: false, path: '/', signIn: 'same page' },
  'vite-component': {
    create: emptyVite('vue-ts'),
    args: ['--auth', 'component'],
    readsPort: false,
    path: '/',
    signIn: 'same page',
  },
  'vite-js': { create: emptyVite('vue'), readsPort: false, path: '/', signIn: 'same page' },
  /** An app with a router and Pinia, which is installed already. */
  'vite-router': {
    create: async (folder) => {
      await scaffold(CREATE_VUE, folder, ['--ts', '--router', '--pinia'])
      await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline'], folder)
    },
    readsPort: false,
    path: '/tasks',
    signIn: 'link',
  },
  'create': { create: createConvue, hasConvue: true, readsPort: false, path: '/', signIn: 'same page' },
  'nuxt': { create: emptyNuxt, readsPort: true, path: '/', signIn: 'same page' },
  'nuxt-server': {
    create: nuxtWithPages,
    args: ['--auth', 'nuxt'],
    readsPort: true,
    path: '/tasks',
    signIn: 'same page',
  },
}
