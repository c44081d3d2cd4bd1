import type { Deployment } from '../../../src/testing/index.ts'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build, preview } from 'vite'
import { startDeployment } from '../../../src/testing/index.ts'
import { freePort } from '../../support/live/free-port.ts'

export interface PresenceApp {
  /** The page's origin, which is not that of the deployment. */
  url: string
  deployment: Deployment
  close: () => Promise<void>
}

/** Serves a page whose user is in a room of the component `@convex-dev/presence`. */
export async function startPresenceApp(): Promise<PresenceApp> {
  const port = await freePort()
  const functions = join(import.meta.dirname, '../../convex-components/apps/presence/convex')
  const [deployment, outDir] = await Promise.all([
    startDeployment({ functions }),
    mkdtemp(join(tmpdir(), 'convue-presence-')),
  ])
  const config = {
    configFile: false as const,
    root: import.meta.dirname,
    logLevel: 'warn' as const,
    resolve: { alias: { convue: join(import.meta.dirname, '../../../src/index.ts') } },
    define: { 'process.env.NODE_ENV': '"production"' },
    build: { outDir, emptyOutDir: true, target: 'es2022' },
  }
  await build(config)
  await writeFile(join(outDir, 'app.json'), JSON.stringify({ url: deployment.url }))
  const server = await preview({ ...config, preview: { port, strictPort: true } })
  return {
    url: `http://localhost:${port}`,
    deployment,
    async close() {
      await server.close()
      await Promise.all([deployment.close(), rm(outDir, { recursive: true })])
    },
  }
}
