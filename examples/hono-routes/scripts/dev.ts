/** Starts a deployment with static keys, and the app. Prints the HTTP requests. */
import process from 'node:process'
import { setTimeout as wait } from 'node:timers/promises'
import { startDeployment } from 'convue/testing'
import { createServer } from 'vite'
import { internal } from '../convex/_generated/api.js'

const port = Number(process.env.PORT ?? 5173)
const deployment = await startDeployment({ siteUrl: `http://localhost:${port}`, env: { JWKS: '' }, watch: true })
// npx convex run auth:getLatestJwks | npx convex env set JWKS
await deployment.setEnv('JWKS', JSON.stringify(await deployment.action(internal.auth.getLatestJwks)))
deployment.log.length = 0

process.env.VITE_CONVEX_URL = deployment.url
process.env.VITE_CONVEX_SITE_URL = deployment.siteUrl
const server = await createServer({ server: { port, strictPort: true } })
await server.listen()
server.printUrls()
console.log(`  HTTP routes: ${deployment.siteUrl}\n`)

while (true) {
  await deployment.settled()
  for (const { kind, name, detail } of deployment.log.splice(0)) {
    if (kind === 'http')
      console.log(`${name} ${detail}`)
  }
  await wait(200)
}
