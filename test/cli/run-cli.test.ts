import { describe, expect, it, vi } from 'vitest'
import { runCli } from '../../src/cli/run-cli.ts'

describe('convue, the command', () => {
  it.each([[[]], [['--help']]])('prints its subcommands for the arguments %j', async (args) => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {})
    expect(await runCli(args)).toBe(0)
    expect(log.mock.calls.join()).toMatch(/dev .*embedded deployment/)
  })

  it('prints the options of a subcommand', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {})
    expect(await runCli(['dev', '--help'])).toBe(0)
    expect(log.mock.calls.join()).toContain('--site-url')
  })

  it('names an unknown subcommand, with exit code 1 and no stack', async () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => {})
    expect(await runCli(['divert'])).toBe(1)
    expect(error.mock.calls.join()).toMatch(/divert/)
    expect(error.mock.calls.join()).not.toContain(' at ')
  })
})
