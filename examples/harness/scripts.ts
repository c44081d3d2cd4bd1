/** Runs the npm scripts of an example. */
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as wait } from 'node:timers/promises'
import { stripVTControlCharacters } from 'node:util'
import { run } from '../../test/package/peers/run.ts'
import { freePort } from '../../test/support/live/free-port.ts'

/** The longest time for a start. It is a limit for programs that hang, not for slow machines. */
const START_MS = 240_000
const STOP_MS = 10_000

/** The programs that run. They are ended with this process, also if a signal ends it. */
const running = new Set<ChildProcess>()
process.on('exit', () => running.forEach(child => signalGroup(child, 'SIGKILL')))
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => process.exit(1))

export interface App {
  url: string
  /** Everything that the program has printed. */
  output: () => string
  printed: (pattern: RegExp) => Promise<string>
  stop: () => Promise<void>
}

/** Runs a script of `package.json`, if there is one. */
export async function runScript(folder: string, name: string): Promise<void> {
  const { scripts } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  if (scripts[name])
    await run('npm', ['run', name], folder)
}

/**
 * Starts `npm run dev` with a free port in the variable `PORT`, and waits until the app answers at
 * the printed address.
 *
 * @param folder The folder of the app.
 * @param readsPort Whether the app uses the variable. If not, it chooses its port.
 */
export async function startApp(folder: string, readsPort = true): Promise<App> {
  const port = await freePort()
  // A process group of its own, so that all programs that it starts can be ended together.
  const child = spawn('npm', ['run', 'dev'], {
    cwd: folder,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PORT: String(port), FORCE_COLOR: '0', NUXT_TELEMETRY_DISABLED: '1' },
  })
  running.add(child)
  child.once('exit', () => running.delete(child))
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => output += stripVTControlCharacters(text))

  async function printed(pattern: RegExp): Promise<string> {
    const end = Date.now() + START_MS
    while (child.exitCode === null && Date.now() < end) {
      const found = pattern.exec(output)
      if (found)
        return found[1] ?? found[0]
      await wait(50)
    }
    throw new Error(`\`npm run dev\` did not print ${pattern}:\n${output}`)
  }

  const app = { output: () => output, printed, stop: () => stop(child) }
  try {
    const url = await printed(new RegExp(`https?://(?:localhost|127\\.0\\.0\\.1):${readsPort ? port : '\\d+'}`))
    await untilAnswered(url)
    return { ...app, url }
  }
  catch (error) {
    await app.stop()
    throw error
  }
}

async function untilAnswered(url: string): Promise<void> {
  const end = Date.now() + START_MS
  while (Date.now() < end) {
    const response = await fetch(url).catch(() => null)
    if (response && response.status < 500)
      return
    await wait(100)
  }
  throw new Error(`${url} does not answer.`)
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null)
    return
  const exited = once(child, 'exit')
  signalGroup(child, 'SIGTERM')
  const timeout = new AbortController()
  const forced = wait(STOP_MS, undefined, { signal: timeout.signal })
    .then(() => signalGroup(child, 'SIGKILL'), () => {})
  await exited
  timeout.abort()
  await forced
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid!, signal)
  }
  catch {
    // The programs have ended.
  }
}
