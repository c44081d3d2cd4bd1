/** Starts the playground for tests, as a built app or as a development server, on a deployment of the test. */
import type { InlineConfig } from 'vite'
import type { Deployment } from '../../../src/testing/index.ts'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build, createServer, preview } from 'vite'
import { vi } from 'vitest'
import { startDeployment } from '../../../src/testing/index.ts'

const PLAYGROUND = join(import.meta.dirname, '../../../playground')

export interface StartPlaygroundOptions {
  /** The port of the app. Better Auth accepts only the origin with this port. */
  port: number
  /** The addresses of a deployment that the test closes itself. By default, one is started. */
  addresses?: Pick<Deployment, 'url' | 'siteUrl'>
  /**
   * Whether the app is built before it is served, so that pages load fast. The build contains the
   * warnings of a development build. @default true
   */
  isBuilt?: boolean
}

export interface Playground {
  /** The app's origin. */
  url: string
  /** The deployment that was started for the app; `null` if the test has started it. */
  deployment: Deployment | null
  close: () => Promise<void>
}

interface AppServer { close: () => Promise<void> }

/** Starts the app with its own configuration, whose plugin connects it to the deployment. */
export async function startPlayground({ port, addresses, isBuilt = true }: StartPlaygroundOptions): Promise<Playground> {
  const url = `http://localhost:${port}`
  const deployment = addresses ? null : await startDeployment({ functions: join(PLAYGROUND, 'convex'), siteUrl: url })
  try {
    const server = await serve(port, isBuilt, addresses ?? deployment!)
    return {
      url,
      deployment,
      async close() {
        await server.close()
        await deployment?.close()
      },
    }
  }
  catch (error) {
    await deployment?.close()
    throw error
  }
}

/** The plugin reads the addresses in the environment. In a process of Vitest, it would do nothing. */
async function serve(port: number, isBuilt: boolean, { url, siteUrl }: Pick<Deployment, 'url' | 'siteUrl'>): Promise<AppServer> {
  vi.stubEnv('VITEST', undefined)
  vi.stubEnv('VITE_CONVEX_URL', url)
  vi.stubEnv('VITE_CONVEX_SITE_URL', siteUrl)
  try {
    const app: InlineConfig = {
      configFile: join(PLAYGROUND, 'vite.config.ts'),
      configLoader: 'native',
      envDir: false,
      logLevel: 'warn',
    }
    return isBuilt ? await serveBuild(app, port) : await serveSource(app, port)
  }
  finally {
    vi.unstubAllEnvs()
  }
}

async function serveSource(app: InlineConfig, port: number): Promise<AppServer> {
  const server = await createServer({ ...app, server: { port, strictPort: true } })
  return await server.listen()
}

async function serveBuild(app: InlineConfig, port: number): Promise<AppServer> {
  const outDir = await mkdtemp(join(tmpdir(), 'convue-playground-'))
  const remove = (): Promise<void> => rm(outDir, { recursive: true })
  try {
    const built: InlineConfig = {
      ...app,
      mode: 'development',
      // Without `NODE_ENV`, the app would be built for production.
      define: { 'process.env.NODE_ENV': JSON.stringify('development') },
      build: { outDir, emptyOutDir: true, minify: false },
    }
    await build(built)
    const server = await preview({ ...built, preview: { port, strictPort: true } })
    return { close: () => server.close().finally(remove) }
  }
  catch (error) {
    await remove()
    throw error
  }
}
