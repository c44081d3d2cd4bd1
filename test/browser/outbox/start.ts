import type { Deployment } from '../../../src/testing/index.ts'
import type { CutNetwork } from '../../support/browser/cut-network.ts'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build, preview } from 'vite'
import { startDeployment } from '../../../src/testing/index.ts'
import { startCutNetwork } from '../../support/browser/cut-network.ts'
import { freePort } from '../../support/live/free-port.ts'
import { tokenEnv } from '../../support/live/tokens.ts'

export interface OutboxApp {
  /** The page's origin. */
  url: string
  deployment: Deployment
  /** The network between the page and the deployment. */
  network: CutNetwork
  close: () => Promise<void>
}

/** Serves a page whose mutations are stored in an outbox. */
export async function startOutboxApp(): Promise<OutboxApp> {
  const port = await freePort()
  const url = `http://localhost:${port}`
  const functions = join(import.meta.dirname, '../../convex/apps/offline/convex')
  const [deployment, outDir] = await Promise.all([
    startDeployment({ functions, siteUrl: url, env: tokenEnv }),
    mkdtemp(join(tmpdir(), 'convue-outbox-')),
  ])
  const network = await startCutNetwork(deployment.url)
  const source = (path: string): string => join(import.meta.dirname, '../../../src', path)
  const config = {
    configFile: false as const,
    root: import.meta.dirname,
    logLevel: 'warn' as const,
    resolve: {
      alias: [
        { find: /^convue\/offline$/, replacement: source('offline/index.ts') },
        { find: /^convue$/, replacement: source('index.ts') },
      ],
    },
    define: { 'process.env.NODE_ENV': '"production"' },
    build: { outDir, emptyOutDir: true, target: 'es2022' },
  }
  await build(config)
  await writeFile(join(outDir, 'app.json'), JSON.stringify({ url: network.url }))
  const server = await preview({ ...config, preview: { port, strictPort: true } })
  return {
    url,
    deployment,
    network,
    async close() {
      await server.close()
      await network.close()
      await Promise.all([deployment.close(), rm(outDir, { recursive: true })])
    },
  }
}
