import type { InlineConfig } from 'vite'
import type { Deployment } from '../src/testing/index.ts'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, createServer, preview } from 'vite'
import { startDeployment } from '../src/testing/index.ts'

export interface StartPlaygroundOptions {
  /**
   * The port of the app. By default, 5173. If port 5173 is in use, any free port, unless the deployment is a real one.
   */
  port?: number
  /** The URL of a real deployment. Without this option, an embedded deployment is started. */
  convexUrl?: string
  /** The URL for HTTP actions of the real deployment. @default `convexUrl` with `.convex.site` for `.convex.cloud` */
  convexSiteUrl?: string
  /**
   * Whether changes of the app and of its functions take effect at once. With `false`, the app is built before it is
   * served, so that pages load fast. The build contains the warnings of a development build.
   *
   * @default true
   */
  watch?: boolean
}

export interface Playground {
  /** The app's origin. */
  url: string
  /** The embedded deployment; `null` if a real deployment is used. */
  deployment: Deployment | null
  close: () => Promise<void>
}

const DEFAULT_PORT = 5173

const functions = fileURLToPath(new URL('./convex', import.meta.url))
const configFile = fileURLToPath(new URL('./vite.config.ts', import.meta.url))

/**
 * Starts the app on a Vite server, and an embedded deployment unless there is a real one. The server forwards
 * `/api/auth` to the deployment, so that Better Auth's cookies belong to the origin of the app. On a real deployment,
 * `SITE_URL` must be the origin of the app.
 *
 * @throws Error if the deployment is a real one and the port is in use, since `SITE_URL` contains the port
 */
export async function startPlayground(options: StartPlaygroundOptions = {}): Promise<Playground> {
  const { watch = true } = options
  const port = options.convexUrl
    ? await requirePort(options.port ?? DEFAULT_PORT)
    : options.port ?? await findPort(DEFAULT_PORT) ?? await findPort(0)
  const url = `http://localhost:${port}`

  const deployment = options.convexUrl
    ? null
    : await startDeployment({ functions, siteUrl: url, watch })
  const convexUrl = deployment?.url ?? options.convexUrl!
  const convexSiteUrl = deployment?.siteUrl ?? options.convexSiteUrl ?? convexUrl.replace(/\.convex\.cloud$/, '.convex.site')

  const app: InlineConfig = {
    configFile,
    // The deployment is known here, so `.env` files must not override it.
    envDir: false,
    logLevel: 'warn',
    define: { 'import.meta.env.VITE_CONVEX_URL': JSON.stringify(convexUrl) },
  }
  // `changeOrigin`, since Convex chooses the deployment by the host name of the request.
  const address = { port, strictPort: true, proxy: { '/api/auth': { target: convexSiteUrl, changeOrigin: true } } }

  try {
    const server = watch ? await serveSource(app, address) : await serveBuild(app, address)
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

type Address = Pick<NonNullable<InlineConfig['preview']>, 'port' | 'strictPort' | 'proxy'>

interface AppServer { close: () => Promise<void> }

async function serveSource(app: InlineConfig, address: Address): Promise<AppServer> {
  const server = await createServer({ ...app, server: address })
  return await server.listen()
}

async function serveBuild(app: InlineConfig, address: Address): Promise<AppServer> {
  const outDir = await mkdtemp(join(tmpdir(), 'convue-playground-'))
  const remove = (): Promise<void> => rm(outDir, { recursive: true })
  try {
    const built: InlineConfig = {
      ...app,
      mode: 'development',
      // Without `NODE_ENV`, the app would be built for production.
      define: { ...app.define, 'process.env.NODE_ENV': JSON.stringify('development') },
      build: { outDir, emptyOutDir: true, minify: false },
    }
    await build(built)
    const server = await preview({ ...built, preview: address })
    return { close: () => server.close().finally(remove) }
  }
  catch (error) {
    await remove()
    throw error
  }
}

/**
 * Better Auth on a real deployment accepts only the origin in `SITE_URL`. On another port, each sign-in would fail with
 * `INVALID_ORIGIN`.
 */
async function requirePort(port: number): Promise<number> {
  if (await findPort(port) === undefined) {
    throw new Error(`Port ${port} is taken, but the deployment's SITE_URL requires this port. Free the port, or use another port for both: `
      + `\`npx convex env set SITE_URL http://localhost:<port>\`, then \`PORT=<port> npm run dev\`.`)
  }
  return port
}

/** Returns the port if it is free; for 0, any free port. */
export async function findPort(port: number): Promise<number | undefined> {
  const probe = createTcpServer()
  try {
    probe.listen(port, 'localhost')
    await once(probe, 'listening')
    const address = probe.address()
    return typeof address === 'object'
      ? address?.port
      : undefined
  }
  catch {
    return undefined
  }
  finally {
    probe.close()
  }
}
