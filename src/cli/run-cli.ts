/** Runs the command line with arguments, and reports errors as text instead of stack traces. */
import type { CommandDef } from 'citty'
import { defineCommand, renderUsage, runCommand } from 'citty'
import { ConvueError } from '../errors/convue-error.ts'

/** Each subcommand is loaded only if it runs, since most need packages that the others do not. */
const subCommands = {
  create: () => import('./commands/create.ts').then(module => module.default),
  init: () => import('./commands/init.ts').then(module => module.default),
  dev: () => import('./commands/dev.ts').then(module => module.default),
}

const root = defineCommand({
  meta: { name: 'convue', description: 'Live, authenticated Convex queries for Vue and Nuxt' },
  subCommands,
})

/**
 * Runs the subcommand that the arguments name.
 *
 * @param args The arguments after `convue`.
 * @returns The exit code: 0, or 1 after an error, which is on stderr.
 */
export async function runCli(args: string[]): Promise<number> {
  try {
    const [name] = args
    if (name === undefined || args.includes('--help') || args.includes('-h')) {
      console.log(await usageOf(name))
      return 0
    }
    await runCommand(root, { rawArgs: args })
    return 0
  }
  catch (error) {
    reportError(error)
    return 1
  }
}

async function usageOf(name: string | undefined): Promise<string> {
  if (name !== undefined && name in subCommands) {
    const command = await subCommands[name as keyof typeof subCommands]()
    return await renderUsage(command as CommandDef<any>, root)
  }
  return await renderUsage(root)
}

/** A ConvueError explains itself, and wrong arguments too. Other errors need their stack. */
function reportError(error: unknown): void {
  const isExplained = error instanceof ConvueError || (error instanceof Error && error.name === 'CLIError')
  console.error(isExplained ? error.message : error)
}
