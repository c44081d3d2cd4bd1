/** Starts a deployment on this machine, and the app. */
import process from 'node:process'
import { startDeployment } from 'convue/testing'
import { createServer } from 'vite'

const port = Number(process.env.PORT ?? 5173)
const deployment = await startDeployment({ siteUrl: `http://localhost:${port}`, watch: true })

process.env.VITE_CONVEX_URL = deployment.url
process.env.VITE_CONVEX_SITE_URL = deployment.siteUrl
const server = await createServer({ server: { port, strictPort: true } })
await server.listen()
server.printUrls()
