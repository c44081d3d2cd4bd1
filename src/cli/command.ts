/** The types of the commands of `convue`. */
import type { CommandDef } from 'citty'

/** A command, whatever the types of its arguments. */
export type Command = CommandDef<any> & {
  /** Whether options that the command does not declare are passed on to another program. */
  passesOptionsOn?: boolean
}

export type LazyCommands = Record<string, () => Promise<Command>>
