/** Runs the command line with arguments, and reports errors as text instead of stack traces. */
import type { ArgsDef } from 'citty'
import type { Command, LazyCommands } from './command.ts'
import { defineCommand, renderUsage, runCommand } from 'citty'
import { devError } from '../dev/dev-error.ts'
import { findOwner } from '../versions/installed-package.ts'
import { checkArguments, ownArguments } from './check-arguments.ts'
import { SUBCOMMANDS } from './subcommands.ts'
import { suggest } from './suggest.ts'
import { printPlain, reportError } from './terminal.ts'

const root: Command = defineCommand({
  meta: { name: 'convue', description: 'Live, authenticated Convex queries for Vue and Nuxt' },
  args: {
    help: { type: 'boolean', alias: 'h', description: 'Describe a command and its options' },
    version: { type: 'boolean', alias: 'v', description: 'Print the version of Convue' },
  },
  subCommands: SUBCOMMANDS,
})

/** A command that the arguments name, and the arguments that follow its name. */
interface FoundCommand {
  command: Command
  /** The name as it is typed, such as `convue env sync`. */
  name: string
  /** The name without the last part; `null` for the root. */
  parent: string | null
  args: string[]
}

/**
 * Runs the subcommand that the arguments name.
 *
 * @param args The arguments after `convue`.
 * @returns The exit code: that of the command, or 1 after an error, which is written to stderr.
 */
export async function runCli(args: string[]): Promise<number> {
  try {
    const found = await findCommand({ command: root, name: 'convue', parent: null, args })
    return await runFound(found)
  }
  catch (error) {
    reportError(error)
    return 1
  }
}

async function runFound(found: FoundCommand): Promise<number> {
  const { command, name, parent, args } = found
  const own = ownArguments(args)
  if (own.includes('--help') || own.includes('-h') || (parent === null && own.length === 0)) {
    printPlain(await usageOf(found))
    return 0
  }
  if (parent === null && (own.includes('--version') || own.includes('-v'))) {
    console.log(findOwner(import.meta.dirname)!.manifest.version)
    return 0
  }
  if (!command.passesOptionsOn)
    checkArguments(name, command.args as ArgsDef, args)
  if (!command.run)
    throw devError('COMMAND_LINE_INVALID', { kind: 'noCommand', command: name })
  const { result } = await runCommand(command, { rawArgs: args })
  if (typeof result === 'number')
    return result
  return 0
}

/** @throws ConvueError `COMMAND_LINE_INVALID` if a name is unknown. */
async function findCommand(found: FoundCommand): Promise<FoundCommand> {
  const subCommands = found.command.subCommands as LazyCommands | undefined
  const [word, ...rest] = found.args
  if (!subCommands || word === undefined || word.startsWith('-'))
    return found
  const load = Object.hasOwn(subCommands, word) ? subCommands[word] : undefined
  if (!load) {
    const suggestion = suggest(word, Object.keys(subCommands))
    throw devError('COMMAND_LINE_INVALID', { kind: 'command', command: found.name, name: word, suggestion })
  }
  const command = await load()
  return await findCommand({ command, name: `${found.name} ${word}`, parent: found.name, args: rest })
}

async function usageOf({ command, parent }: FoundCommand): Promise<string> {
  return await renderUsage(command, parent === null ? undefined : { meta: { name: parent } })
}
