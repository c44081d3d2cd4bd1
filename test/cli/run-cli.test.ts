import { readFileSync } from 'node:fs'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { explainOldNode } from '../../src/cli/old-node.ts'
import { runCli } from '../../src/cli/run-cli.ts'
import { expectConsole } from '../support/environment/console-guard.ts'

let printed = ''
beforeEach(() => {
  printed = ''
  vi.spyOn(console, 'log').mockImplementation(text => void (printed += `${text}\n`))
})

describe('convue, the command', () => {
  it.each([[[]], [['--help']], [['-h']]])('prints its subcommands for the arguments %j', async (args) => {
    expect(await runCli(args)).toBe(0)
    expect(printed).toMatch(/dev .*embedded deployment/)
  })

  it('prints the options of a subcommand, without colours where stdout is not a terminal', async () => {
    expect(await runCli(['dev', '--help'])).toBe(0)
    expect(printed).toMatch(/USAGE convue dev/)
    expect(printed).toContain('--site-url')
    expect(printed).not.toContain('\u001B')
  })

  it.each([['--version'], ['-v']])('prints its version for %s', async (option) => {
    expect(await runCli([option])).toBe(0)
    expect(printed.trim()).toBe(JSON.parse(readFileSync('package.json', 'utf8')).version)
  })

  it.each([
    ['an unknown command', ['divert'], /`convue` does not have a command "divert".*\n {2}fix: Run `npx convue --help`/],
    ['a command with a typing mistake', ['dve'], /fix: Write `npx convue dev`, or run/],
    ['an unknown option', ['dev', '--colour'], /`convue dev` does not have an option "--colour"/],
    ['an option with a typing mistake', ['dev', '--prot', '1'], /fix: Write "--port", or run `npx convue dev --help`/],
    ['a short option that does not exist', ['dev', '-x'], /does not have an option "-x"/],
    ['an option without its value', ['dev', '--seed'], /The option "--seed" of `convue dev` needs a value/],
    ['an option whose value is the next option', ['dev', '--seed', '--port', '1'], /"--seed" of `convue dev` needs a value/],
    ['an argument too many', ['dev', 'convex'], /`convue dev` does not take the argument "convex"/],
    ['an unknown option of the root', ['--verbose'], /`convue` does not have an option "--verbose"/],
  ])('refuses %s with what, why, fix and exit code 1', async (_name, args, message) => {
    expect(await runCli(args)).toBe(1)
    expectConsole(message)
    expect(printed).toBe('')
  })

  it('names the fix on a Node that is too old', () => {
    expect(explainOldNode('20.19.4')).toMatch(/needs Node 22.13 or newer, but this is Node 20.19.4.\n {2}fix: Install/)
    expect(explainOldNode('22.12.0')).not.toBeNull()
    expect(explainOldNode('22.13.0')).toBeNull()
    expect(explainOldNode('24.0.0')).toBeNull()
  })
})
