import type { ArgsDef } from 'citty'
import type { Command, LazyCommands } from '../../src/cli/command.ts'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { FINDINGS } from '../../src/cli/doctor/findings.ts'
import { SUBCOMMANDS } from '../../src/cli/subcommands.ts'

const page = readFileSync('docs/reference/cli.md', 'utf8')

/** All commands with their names, such as `env sync`. */
async function commandsOf(commands: LazyCommands, prefix = ''): Promise<[name: string, command: Command][]> {
  const found = await Promise.all(Object.entries(commands).map(async ([name, load]) => {
    const command = await load()
    const path = `${prefix}${name}`
    return command.subCommands ? await commandsOf(command.subCommands as LazyCommands, `${path} `) : [[path, command] as [string, Command]]
  }))
  return found.flat()
}

/** The part of the page between the heading of a command and the next one. */
function sectionOf(name: string): string | undefined {
  return page.split(/^## /m).find(section => section.startsWith(`\`${name}\`\n`) || section.startsWith(`${name}\n`))
}

/** The name of an argument as it is typed. An option that is on by default is only typed to turn it off. */
function writtenName(name: string, definition: ArgsDef[string]): string {
  if (definition.type === 'positional')
    return `[${name}]`
  if (definition.type === 'boolean' && definition.default === true)
    return `--no-${name}`
  return `--${name}`
}

const commands = await commandsOf(SUBCOMMANDS)

describe('docs/reference/cli.md', () => {
  it.each(commands.map(([name, command]) => ({ name, command })))('describes `$name` and all its options', ({ name, command }) => {
    const section = sectionOf(name)
    expect(section).toBeDefined()
    if (command.passesOptionsOn)
      return
    const missing = Object.entries(command.args as ArgsDef)
      .map(([option, definition]) => writtenName(option, definition))
      .filter(name => !section!.includes(`| \`${name}\` |`) && !section!.includes(`| \`${name} `))
    expect(missing).toEqual([])
  })

  it('describes no option that does not exist', () => {
    const existing = commands.flatMap(([, { args }]) => Object.entries(args as ArgsDef).map(([name, definition]) => writtenName(name, definition)))
    const described = [...page.matchAll(/^\| `(--[\w-]+)(?: \w+)?` \|/gm)].map(([, option]) => option!)
    expect(described.filter(option => !existing.includes(option))).toEqual([])
  })

  it('lists every finding of the doctor', () => {
    expect(Object.keys(FINDINGS).filter(id => !sectionOf('doctor')!.includes(`\`${id}\``))).toEqual([])
  })
})
