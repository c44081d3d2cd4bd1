import type { Deployment } from '../../../src/testing/index.ts'
import type { CutNetwork } from '../../support/browser/cut-network.ts'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build, preview } from 'vite'
import { startCutNetwork } from '../../support/browser/cut-network.ts'
import { startFixture } from '../../support/live/deployment.ts'
import { freePort } from '../../support/live/free-port.ts'

const source = (path: string): string => join(import.meta.dirname, '../../../src', path)

export interface SharedTabsApp {
  /** The page's origin. */
  url: string
  deployment: Deployment
  /** The network between the worker and the deployment. */
  network: CutNetwork
  close: () => Promise<void>
}

/**
 * Serves a built app whose tabs share a connection.
 *
 * @param env Environment variables of the deployment.
 */
export async function startSharedTabs(env: Record<string, string> = {}): Promise<SharedTabsApp> {
  const port = await freePort()
  const url = `http://localhost:${port}`
  const [deployment, outDir] = await Promise.all([
    startFixture({ siteUrl: url, env }),
    mkdtemp(join(tmpdir(), 'convue-shared-tabs-')),
  ])
  const network = await startCutNetwork(deployment.url)
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
    // As in development, a tab that cannot share the connection writes a warning.
    define: {
      'process.env.NODE_ENV': '"development"',
      '__VUE_OPTIONS_API__': 'true',
      '__VUE_PROD_DEVTOOLS__': 'false',
      '__VUE_PROD_HYDRATION_MISMATCH_DETAILS__': 'false',
    },
    build: { outDir, emptyOutDir: true, target: 'es2022' },
  }
  await build(config)
  await writeFile(join(outDir, 'app.json'), JSON.stringify({ url: network.url }))
  const server = await preview({ ...config, preview: { port, strictPort: true, proxy: { '/api/auth': { target: deployment.siteUrl } } } })
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
