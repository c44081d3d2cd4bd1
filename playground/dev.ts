import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { loadEnv } from 'vite'
import { startPlayground } from './start-playground.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

async function dev(): Promise<void> {
  // `npx convex dev` writes the deployment's addresses into `.env.local`; what is set in the environment goes before it.
  const env = loadEnv('development', root, 'VITE_')
  const playground = await startPlayground({ convexUrl: env.VITE_CONVEX_URL, convexSiteUrl: env.VITE_CONVEX_SITE_URL })

  console.log(playground.url)

  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => playground.close().then(() => process.exit()))
}

dev()
