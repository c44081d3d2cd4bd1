/** Creates small Vite apps with Convex functions, and starts their servers. */
import type { InlineConfig, Plugin, ViteDevServer } from 'vite'
import type { ConvueViteOptions } from '../../src/vite/index.ts'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { createServer } from 'vite'
import { afterEach, beforeEach, vi } from 'vitest'
import { convue } from '../../src/vite/index.ts'
import { FUNCTIONS } from '../support/live/deployment.ts'
import { tokenEnv } from '../support/live/tokens.ts'

const ROOT = join(import.meta.dirname, '../..')

/** A Vite app in a folder of its own, below the repository, so that its packages are found. */
export interface ViteApp {
  root: string
  write: (file: string, text: string) => void
  /** Starts a server on a free port. All servers are closed after the test. */
  start: (options?: ConvueViteOptions, config?: InlineConfig) => Promise<AppServer>
}

export interface AppServer {
  vite: ViteDevServer
  /** The origin of the page. */
  url: string
  /** The address of the deployment that the page uses. */
  convexUrl: () => Promise<string>
}

/**
 * The first port of this worker, because Better Auth refuses a page whose port another test has
 * taken during the start.
 */
const PORT = 5200 + 50 * Number(process.env.VITEST_POOL_ID ?? 0)

const MAIN = 'export const url = import.meta.env.VITE_CONVEX_URL\n'

/**
 * Creates an app with the functions that the tests share. Must be called in a `describe` or at the top level of a test
 * file.
 */
export function useViteApps(): (options?: { functions?: boolean }) => ViteApp {
  const folders: string[] = []
  const servers: ViteDevServer[] = []
  // The plugin does nothing in tests of an app, which start their own deployments.
  beforeEach(() => void vi.stubEnv('VITEST', undefined))
  afterEach(async () => {
    vi.unstubAllEnvs()
    await Promise.all(servers.splice(0).map(server => server.close()))
    for (const folder of folders.splice(0))
      rmSync(folder, { recursive: true, force: true })
  })

  return ({ functions = true } = {}) => {
    mkdirSync(join(ROOT, '.vite-apps'), { recursive: true })
    const root = mkdtempSync(join(ROOT, '.vite-apps/app-'))
    folders.push(root)
    const write = (file: string, text: string): void => {
      mkdirSync(dirname(join(root, file)), { recursive: true })
      writeFileSync(join(root, file), text)
    }
    write('index.html', '<script type="module" src="/main.ts"></script>')
    write('main.ts', MAIN)
    if (functions) {
      cpSync(FUNCTIONS, join(root, 'convex'), { recursive: true, filter: path => !path.includes('_generated') })
      write('convex/.env', Object.entries(tokenEnv).map(([name, value]) => `${name}='${value}'\n`).join(''))
    }
    return {
      root,
      write,
      async start(options = {}, config = {}) {
        const vite = await createServer({
          root,
          configFile: false,
          logLevel: 'silent',
          plugins: [convue(options) as Plugin],
          ...config,
          server: { port: PORT, ...config.server },
        })
        servers.push(vite)
        await vite.listen()
        return {
          vite,
          url: vite.resolvedUrls!.local[0]!.replace(/\/$/, ''),
          async convexUrl() {
            const { code } = (await vite.transformRequest('/main.ts'))!
            return /"VITE_CONVEX_URL": "([^"]*)"/.exec(code)![1]!
          },
        }
      },
    }
  }
}
