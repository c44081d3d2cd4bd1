/** Starts a deployment on this machine, and the app. */
import { spawn } from 'node:child_process'
import process from 'node:process'
import { startDeployment } from 'convue/testing'

const port = process.env.PORT ?? '3000'
const deployment = await startDeployment({ siteUrl: `http://localhost:${port}`, watch: true })

const nuxt = spawn(process.execPath, ['node_modules/nuxt/bin/nuxt.mjs', 'dev', '--port', port], {
  stdio: 'inherit',
  env: { ...process.env, NUXT_PUBLIC_CONVEX_URL: deployment.url, NUXT_PUBLIC_CONVEX_SITE_URL: deployment.siteUrl },
})
nuxt.once('exit', code => process.exit(code ?? 0))
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => nuxt.kill(signal))
