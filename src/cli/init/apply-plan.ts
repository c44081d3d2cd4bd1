/** Carries out a plan: writes files, installs packages, and writes the types of the functions. */
import type { App } from './app.ts'
import type { Plan } from './plan.ts'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { resolveCommand } from 'package-manager-detector/commands'
import { devError } from '../../dev/dev-error.ts'
import { runProgram } from './run-program.ts'

/** Writes the files of a plan. */
export function writeFiles({ app, changes }: Plan): void {
  for (const { path, after } of changes) {
    const file = join(app.root, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, after)
  }
}

/** The command of the app's package manager, such as `npm run dev`. */
export function commandOf({ agent }: App, command: 'install' | 'run', args: string[] = []): string[] {
  const resolved = resolveCommand(agent, command, args)
  return resolved ? [resolved.command, ...resolved.args] : ['npm', command, ...args]
}

/**
 * Installs the packages of an app.
 *
 * @throws ConvueError `INSTALL_FAILED` with the output of the package manager.
 */
export async function installPackages(app: App): Promise<void> {
  const command = commandOf(app, 'install')
  const { succeeded, output } = await runProgram(command, app.root)
  if (!succeeded)
    throw devError('INSTALL_FAILED', { command: command.join(' '), output })
}

/** Writes `_generated` with the packages of the app. Resolves with `true` if that was possible. */
export async function writeTypes({ root, functions }: App): Promise<boolean> {
  try {
    const entry = createRequire(join(root, 'package.json')).resolve('convue/testing')
    const { codegen } = await import(pathToFileURL(entry).href)
    await codegen({ functions: join(root, functions) })
    return true
  }
  catch {
    // The development server writes the types when it starts, and reports the error.
    return false
  }
}
