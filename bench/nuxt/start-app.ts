import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const APP = fileURLToPath(new URL('.', import.meta.url))
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const NUXT = fileURLToPath(new URL('../../node_modules/nuxt/bin/nuxt.mjs', import.meta.url))

export interface BuiltApp {
  /** Starts a server in its own process, with these variables in addition to the environment. */
  start: (env: Record<string, string>) => Promise<{ url: string, close: () => Promise<void> }>
  remove: () => Promise<void>
}

/**
 * Builds the app of this folder for production, and writes the build to a temporary folder. The app
 * uses the built package if there is one, since Nitro compiles the sources for older runtimes.
 */
export async function buildApp(): Promise<BuiltApp> {
  const folder = await mkdtemp(join(tmpdir(), 'convue-bench-'))
  const variant = await installPackage() ? 'package' : 'sources'
  console.log(`Convue in the Nuxt app: ${variant === 'package' ? 'built package' : 'sources'}`)
  const env = { ...process.env, BENCH_OUTPUT: folder, BENCH_CONVUE: variant, NUXT_TELEMETRY_DISABLED: '1' }
  const child = spawn(process.execPath, [NUXT, 'build'], { cwd: APP, env })
  let log = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', chunk => log += chunk)
  const [code] = await once(child, 'exit')
  if (code !== 0)
    throw new Error(`nuxt build failed:\n${log}`)
  return {
    start: env => startServer(join(folder, 'output/server/index.mjs'), env),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

/** Returns `false` if there is no build. */
async function installPackage(): Promise<boolean> {
  const installed = join(APP, 'node_modules/convue')
  await rm(installed, { recursive: true, force: true })
  if (!existsSync(join(ROOT, 'dist')))
    return false
  for (const part of ['package.json', 'dist'])
    await cp(join(ROOT, part), join(installed, part), { recursive: true })
  return true
}

async function startServer(file: string, env: Record<string, string>): Promise<{ url: string, close: () => Promise<void> }> {
  const child = spawn(process.execPath, [file], { env: { ...process.env, NODE_ENV: 'production', HOST: 'localhost', PORT: '0', ...env } })
  const url = await new Promise<string>((resolve, reject) => {
    let log = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        log += chunk
        const [, port] = /Listening on \S+?:(\d+)/.exec(log) ?? []
        if (port)
          resolve(`http://localhost:${port}`)
      })
    }
    child.once('exit', () => reject(new Error(`The server has ended:\n${log}`)))
  })
  return {
    url,
    async close() {
      child.kill()
      await once(child, 'exit')
    },
  }
}
