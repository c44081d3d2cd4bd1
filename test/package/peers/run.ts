/** Runs programs, and writes files, for `npm run check:peers`. */
import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** Everything that a program has written. */
export interface Output { stdout: string, stderr: string }

/** Returns the output of a program, or throws an error with the output if the program fails. */
export async function run(program: string, args: string[], cwd: string, env: Record<string, string> = {}): Promise<Output> {
  try {
    return await promisify(execFile)(program, args, { cwd, env: { ...process.env, ...env }, maxBuffer: 2 ** 26 })
  }
  catch (error) {
    const { stdout, stderr } = error as Output
    throw new Error(`${program} ${args.join(' ')} failed in ${cwd}:\n${stdout}\n${stderr}`, { cause: error })
  }
}

/** Runs a script with the Node version of this process. */
export async function runNode(args: string[], cwd: string): Promise<Output> {
  return await run(process.execPath, ['--no-warnings', ...args], cwd)
}

export function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

export function writeJson(path: string, value: unknown): void {
  write(path, JSON.stringify(value, null, 2))
}

/** The version of a package that an app has. */
export function versionIn(app: string, dependency: string): string {
  const manifest = readFileSync(join(app, 'node_modules', dependency, 'package.json'), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}
