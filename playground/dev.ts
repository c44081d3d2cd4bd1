import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { loadEnv } from 'vite'
import { startPlayground } from './start-playground.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

async function dev(): Promise<void> {
  // `npx convex dev` writes the deployment's URLs into `.env.local`. Variables of the environment override them.
  const env = loadEnv('development', root, 'VITE_')
  const playground = await startPlayground({
    port: readPort(),
    convexUrl: readAddress(env, 'VITE_CONVEX_URL'),
    convexSiteUrl: readAddress(env, 'VITE_CONVEX_SITE_URL'),
  })

  // The URL has its own line, so that a script can read it.
  console.log(playground.url)
  if (playground.deployment)
    console.log('The embedded deployment keeps its data in memory. Ctrl+C stops it.')

  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => playground.close().then(() => process.exit()))
}

/** The URL of a real deployment; `undefined` for the embedded deployment. */
function readAddress(env: Record<string, string>, name: string): string | undefined {
  const address = env[name]
  if (!address)
    return undefined
  // `localhost:3210` is a valid URL too, with the scheme `localhost:`.
  if (!/^https?:\/\//.test(address) || !URL.canParse(address))
    throw new Error(`${name} is "${address}", which is not an http(s) URL. Set it to the deployment's address, or remove it to start the embedded deployment.`)
  return address
}

function readPort(): number | undefined {
  const { PORT } = process.env
  if (!PORT)
    return undefined
  const port = Number(PORT)
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new Error(`PORT is "${PORT}", which is not a port. Set it to a number from 1 to 65535, or remove it.`)
  return port
}

dev().catch((error: Error) => {
  // The message explains what to do, so the stack is not shown.
  console.error(error.message)
  process.exit(1)
})
