/** Runs the command line in a process of its own, as npm does. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import process from 'node:process'
import { onTestFinished } from 'vitest'

const ENTRY = join(import.meta.dirname, '../../src/cli/index.ts')

export interface StartedCommand {
  /** What the command has written until now. */
  output: () => string
  /** Resolves with what the command has written once it matches. Rejects if the command ends. */
  until: (pattern: RegExp) => Promise<string>
  signal: (name: NodeJS.Signals) => void
  /** Resolves once the command has ended. */
  ended: Promise<CommandResult>
}

export interface CommandResult {
  code: number | null
  stdout: string
  stderr: string
}

/** Variables of this process that change what the command line does. */
const OWN_VARIABLES = ['VITEST', 'VITE_CONVEX_URL', 'CONVEX_URL', 'CONVEX_DEPLOYMENT', 'NODE_ENV', 'FORCE_COLOR']

/** Starts `convue` in a folder. The process is ended after the test. */
export function startCommand(cwd: string, args: string[], env: Record<string, string> = {}): StartedCommand {
  const inherited = Object.entries(process.env).filter(([name]) => !OWN_VARIABLES.includes(name))
  const child = spawn(process.execPath, [ENTRY, ...args], {
    cwd,
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const written = { stdout: '', stderr: '' }
  let check = (): void => {}
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      written[name] += text
      check()
    })
  }
  const output = (): string => written.stdout + written.stderr
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...written }))
  // The folder of the app is deleted afterwards, so nothing may write into it any longer.
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return {
    output,
    async until(pattern) {
      const matched = new Promise<void>((resolve) => {
        check = () => pattern.test(output()) && resolve()
      })
      check()
      const early = ended.then(({ code }) => {
        if (!pattern.test(output()))
          throw new Error(`The command ended with code ${code} and wrote: ${output()}`)
      })
      await Promise.race([matched, early])
      return output()
    },
    signal: name => void child.kill(name),
    ended,
  }
}

/** Runs `convue` in a folder until it ends. */
export async function runCommand(cwd: string, args: string[], env: Record<string, string> = {}): Promise<CommandResult> {
  return await startCommand(cwd, args, env).ended
}
