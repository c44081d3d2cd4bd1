/** The apps in which `npm run check:init` runs `convue init`. */
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../../package/peers/run.ts'

/** An app before `convue init`. */
export interface StartedApp {
  folder: string
  /** Whether `npm run dev` uses the variable `PORT`. */
  readsPort: boolean
  /** The path of the page with the tasks. */
  path: string
  /** Whether the page with the tasks links to a sign-in page. */
  signIn: boolean
}

/** Pinned, so that a new version of the scaffolder does not fail unrelated changes. */
const CREATE_VITE = 'vite@9.3.0'

async function createVite(scratch: string, name: string, template: string): Promise<string> {
  await run('npm', ['create', '--yes', '--prefer-offline', CREATE_VITE, name, '--', '--template', template, '--no-interactive'], scratch)
  return join(scratch, name)
}

/** Each function creates an app in a folder of `scratch`. */
export const APPS: Record<string, (scratch: string) => Promise<StartedApp>> = {
  /** An empty app of create-vite. */
  'vite': async scratch => ({
    folder: await createVite(scratch, 'vite', 'vue-ts'),
    readsPort: false,
    path: '/',
    signIn: false,
  }),
  /** The same in JavaScript. */
  'vite-js': async scratch => ({
    folder: await createVite(scratch, 'vite-js', 'vue'),
    readsPort: false,
    path: '/',
    signIn: false,
  }),
  /** An app that has been developed already, with a router and Pinia. */
  'vite-router': async (scratch) => {
    const folder = join(scratch, 'vite-router')
    cpSync(join(import.meta.dirname, '../apps/vite-router'), folder, { recursive: true })
    await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline'], folder)
    return { folder, readsPort: false, path: '/tasks', signIn: true }
  },
  /** An empty app of nuxi: a copy of its template, which nuxi downloads. */
  'nuxt': async (scratch) => {
    const folder = join(scratch, 'nuxt')
    cpSync(join(import.meta.dirname, '../apps/nuxt-minimal'), folder, { recursive: true })
    return { folder, readsPort: true, path: '/', signIn: false }
  },
}

