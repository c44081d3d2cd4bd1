import { afterEach, beforeEach, expect, vi } from 'vitest'

/** Messages on the console that no test has expected yet. */
let written: string[] = []

/**
 * Importing this module makes a test fail if code writes a warning or an error to the console,
 * including Vue's warnings. A test that expects a message calls {@link expectConsole}.
 */
beforeEach(() => {
  written = []
  for (const method of ['warn', 'error'] as const)
    vi.spyOn(console, method).mockImplementation((...parts: unknown[]) => void written.push(parts.map(print).join(' ')))
})

afterEach(() => {
  const unexpected = written
  vi.restoreAllMocks()
  expect(unexpected, 'unexpected warnings and errors').toEqual([])
})

/** A record without a prototype has no `toString`. */
function print(part: unknown): string {
  return typeof part === 'object' && part !== null && !('toString' in part) ? JSON.stringify(part) : String(part)
}

/** Expects one message that matches. The test fails without the message. */
export function expectConsole(pattern: RegExp): void {
  const index = written.findIndex(message => pattern.test(message))
  expect(index, `a message like ${pattern} among ${JSON.stringify(written)}`).not.toBe(-1)
  written.splice(index, 1)
}
