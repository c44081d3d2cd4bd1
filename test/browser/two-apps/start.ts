import type { Deployment } from '../../../src/testing/index.ts'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build, preview } from 'vite'
import { startFixture } from '../../support/live/deployment.ts'
import { freePort } from '../../support/live/free-port.ts'

export interface TwoApps {
  /** The page's origin. */
  url: string
  first: Deployment
  second: Deployment
  close: () => Promise<void>
}

/**
 * Serves one page with two apps. Each app has its own deployment and its own auth client. The auth routes of both apps
 * are on the origin of the page.
 */
export async function startTwoApps(): Promise<TwoApps> {
  const port = await freePort()
  const url = `http://localhost:${port}`
  const [first, second, outDir] = await Promise.all([
    startFixture({ siteUrl: url }),
    startFixture({ siteUrl: url, env: { COOKIE_PREFIX: 'second' } }),
    mkdtemp(join(tmpdir(), 'convue-two-apps-')),
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
  await writeFile(join(outDir, 'apps.json'), JSON.stringify({
    first: { url: first.url, authPath: '/api/auth' },
    second: { url: second.url, authPath: '/second/auth' },
  }))
  const server = await preview({
    ...config,
    preview: {
      port,
      strictPort: true,
      proxy: {
        '/api/auth': { target: first.siteUrl },
        '/second/auth': { target: second.siteUrl, rewrite: path => path.replace('/second/', '/api/') },
      },
    },
  })
  return {
    url,
    first,
    second,
    async close() {
      await server.close()
      await Promise.all([first.close(), second.close(), rm(outDir, { recursive: true })])
    },
  }
}
