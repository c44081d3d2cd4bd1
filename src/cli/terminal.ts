/** What the command line writes to the terminal: text, errors, and the progress of slow work. */
import process from 'node:process'
import { stripVTControlCharacters, styleText } from 'node:util'
import { ConvueError } from '../errors/convue-error.ts'

type Style = Parameters<typeof styleText>[0]

/** Colours a text, if stdout is a terminal that shows colours. */
export function style(format: Style, text: string): string {
  return styleText(format, text, { stream: process.stdout })
}

/** Writes a text of another library, whose colours do not depend on the terminal. */
export function printPlain(text: string): void {
  const plain = style('bold', ' ') === ' ' ? stripVTControlCharacters(text) : text
  console.log(plain.replace(/ +$/gm, ''))
}

/** A ConvueError explains itself. Other errors need their stack. */
export function reportError(error: unknown): void {
  if (!(error instanceof ConvueError)) {
    console.error(error)
    return
  }
  const label = styleText('red', 'error:', { stream: process.stderr })
  console.error(`${label} ${error.why}\n  fix: ${error.fix}\n  code: ${error.code}`)
}

/**
 * Shows that work is under way: as a spinner in a terminal, and otherwise as a line. Both are on
 * stderr, since other programs may read stdout.
 */
export async function withProgress<Result>(text: string, work: () => Promise<Result>): Promise<Result> {
  if (!process.stderr.isTTY) {
    process.stderr.write(`${text}…\n`)
    return await work()
  }
  const { spinner } = await import('@clack/prompts')
  const progress = spinner({ output: process.stderr })
  progress.start(text)
  try {
    const result = await work()
    progress.stop(text)
    return result
  }
  catch (error) {
    progress.error(text)
    throw error
  }
}

/**
 * Runs `work`, and writes to stderr what it writes to stdout. Otherwise, lines that functions write
 * to the console would be mixed with the output of a command.
 */
export async function withOutputOnStderr<Result>(work: () => Promise<Result>): Promise<Result> {
  const write = process.stdout.write
  process.stdout.write = process.stderr.write.bind(process.stderr)
  try {
    return await work()
  }
  finally {
    process.stdout.write = write
  }
}
