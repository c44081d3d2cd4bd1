/** Starts a deployment on this machine, and the app. */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import process from 'node:process'
import { startDeployment } from 'convue/testing'

const port = process.env.PORT ?? '3000'
const siteUrl = `http://localhost:${port}`
const AUTH_DATABASE_SECRET = randomSecret()

// Without `JWKS`, the deployment requests the public keys from the app.
const deployment = await startDeployment({ siteUrl, env: { AUTH_DATABASE_SECRET, JWKS: '' }, watch: true })

const nuxt = spawn(process.execPath, ['node_modules/nuxt/bin/nuxt.mjs', 'dev', '--port', port], {
  stdio: 'inherit',
  env: {
    ...process.env,
    SITE_URL: siteUrl,
    CONVEX_URL: deployment.url,
    CONVEX_SITE_URL: deployment.siteUrl,
    AUTH_DATABASE_SECRET,
    BETTER_AUTH_SECRET: randomSecret(),
  },
})
nuxt.once('exit', code => process.exit(code ?? 0))
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => nuxt.kill(signal))

function randomSecret(): string {
  return randomBytes(32).toString('base64')
}
