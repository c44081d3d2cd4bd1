import { spawn } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { startDeployment } from '../../src/testing/index.ts'
import { findPort } from '../start-playground.ts'

const DEFAULT_PORT = 3000

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

/**
 * Starts `nuxt dev` for this folder, with the deployment of the environment variables or else with an embedded
 * deployment.
 */
async function dev(): Promise<void> {
  const { env } = process
  const isReal = !!(env.CONVEX_URL ?? env.NUXT_PUBLIC_CONVEX_URL)
  const port = Number(env.PORT) || await findPort(DEFAULT_PORT) || await findPort(0)
  const deployment = isReal
    ? null
    : await startDeployment({ functions: path('../convex'), siteUrl: `http://localhost:${port}`, watch: true })
  const nuxt = spawn(process.execPath, [path('../../node_modules/nuxt/bin/nuxt.mjs'), 'dev', path('.'), '--port', String(port), '--host', 'localhost'], {
    stdio: 'inherit',
    env: {
      ...env,
      ...(deployment ? { NUXT_PUBLIC_CONVEX_URL: deployment.url, NUXT_PUBLIC_CONVEX_SITE_URL: deployment.siteUrl } : {}),
      NUXT_TELEMETRY_DISABLED: '1',
    },
  })
  if (deployment)
    console.log('The embedded deployment keeps its data in memory. Ctrl+C stops it.')
  nuxt.once('exit', async (code) => {
    await deployment?.close()
    process.exit(code ?? 0)
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => nuxt.kill(signal))
}

dev().catch((error: Error) => {
  console.error(error.message)
  process.exit(1)
})
