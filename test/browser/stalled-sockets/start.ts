import type { Deployment } from '../../../src/testing/index.ts'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build, preview } from 'vite'
import { startFixture } from '../../support/live/deployment.ts'
import { freePort } from '../../support/live/free-port.ts'
import { StallingNetwork } from '../../support/live/stalling-network.ts'

const source = (path: string): string => join(import.meta.dirname, '../../../src', path)

export interface StalledSocketsApp {
  /** The page's origin. */
  url: string
  deployment: Deployment
  /** The network between the page and the deployment. */
  network: StallingNetwork
  close: () => Promise<void>
}

/** Serves a built app that reaches its deployment through a network that a test can stall. */
export async function startStalledSockets(oneWayMs: number): Promise<StalledSocketsApp> {
  const port = await freePort()
  const url = `http://localhost:${port}`
  const network = new StallingNetwork(oneWayMs)
  const [deployment, outDir] = await Promise.all([
    startFixture({ siteUrl: url }),
    mkdtemp(join(tmpdir(), 'convue-stalled-sockets-')),
  ])
  const config = {
    configFile: false as const,
    root: import.meta.dirname,
    logLevel: 'warn' as const,
    resolve: {
      alias: [
        { find: /^convue\/tabs\/worker(?=\?|$)/, replacement: source('tabs/worker/index.ts') },
        { find: /^convue\/tabs$/, replacement: source('tabs/index.ts') },
        { find: /^convue$/, replacement: source('index.ts') },
      ],
    },
    define: { 'process.env.NODE_ENV': '"production"' },
    build: { outDir, emptyOutDir: true, target: 'es2022' },
  }
  await build(config)
  await writeFile(join(outDir, 'app.json'), JSON.stringify({ url: await network.open(deployment.url) }))
  const server = await preview({ ...config, preview: { port, strictPort: true } })
  return {
    url,
    deployment,
    network,
    async close() {
      await Promise.all([server.close(), network.close()])
      await Promise.all([deployment.close(), rm(outDir, { recursive: true })])
    },
  }
}
