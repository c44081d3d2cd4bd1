/** Refuses arguments that a command does not have: `citty` ignores them. */
import type { ArgDef, ArgsDef } from 'citty'
import { parseArgs } from 'node:util'
import { devError } from '../dev/dev-error.ts'
import { suggest } from './suggest.ts'

type Token = NonNullable<ReturnType<typeof parseArgs>['tokens']>[number]

/** The arguments of a command without those after `--`, which are for another program. */
export function ownArguments(args: string[]): string[] {
  const end = args.indexOf('--')
  if (end < 0)
    return args
  return args.slice(0, end)
}

/**
 * Checks options, their values, and the number of the other arguments.
 *
 * @param command The command as it is typed, such as `convue env sync`.
 * @throws ConvueError `COMMAND_LINE_INVALID`
 */
export function checkArguments(command: string, definitions: ArgsDef, rawArgs: string[]): void {
  const options = Object.entries(definitions).filter(([, { type }]) => type !== 'positional')
  const { tokens } = parseArgs({
    args: ownArguments(rawArgs),
    strict: false,
    allowNegative: true,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries(options.map(([name, definition]) => [name, optionOf(definition)])),
  })
  for (const token of tokens) {
    if (token.kind === 'option')
      checkOption(command, options, token)
  }
  checkPositionals(command, definitions, tokens)
}

function optionOf(definition: ArgDef): { type: 'string' | 'boolean', short?: string } {
  const short = [(definition as { alias?: string | string[] }).alias ?? []].flat().find(alias => alias.length === 1)
  return { type: definition.type === 'boolean' ? 'boolean' : 'string', ...short && { short } }
}

function checkOption(command: string, options: [string, ArgDef][], token: Token & { kind: 'option' }): void {
  const { name, rawName, value } = token
  const [, definition] = options.find(([known]) => known === name) ?? []
  if (!definition) {
    const suggestion = suggest(name, [...options.map(([known]) => known), 'help'])
    throw devError('COMMAND_LINE_INVALID', { kind: 'option', command, name: rawName, suggestion })
  }
  if (definition.type === 'boolean')
    return
  if (value === undefined || value === '' || value.startsWith('--'))
    throw devError('COMMAND_LINE_INVALID', { kind: 'noValue', command, name: rawName })
  const expected = (definition as { options?: string[] }).options
  if (expected && !expected.includes(value)) {
    const list = expected.join(', ')
    throw devError('COMMAND_LINE_INVALID', { kind: 'value', command, name: rawName, value, expected: list })
  }
}

function checkPositionals(command: string, definitions: ArgsDef, tokens: Token[]): void {
  const expected = Object.entries(definitions).filter(([, { type }]) => type === 'positional')
  const given = tokens.filter(token => token.kind === 'positional')
  const missing = expected.slice(given.length).find(([, { required }]) => required !== false)
  if (missing)
    throw devError('COMMAND_LINE_INVALID', { kind: 'missing', command, name: missing[0] })
  const excess = given[expected.length]
  if (excess)
    throw devError('COMMAND_LINE_INVALID', { kind: 'excess', command, value: excess.value })
}
