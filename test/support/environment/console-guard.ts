import { afterEach, beforeEach, expect, vi } from 'vitest'

/** What was written to the console and is not accounted for yet. */
let written: string[] = []

/**
 * Importing this module makes every warning and error on the console fail the test that caused it, Vue's warnings included. One that belongs to
 * the test is taken with {@link expectConsole}.
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

/** Takes the one message that matches; the test fails without it. */
export function expectConsole(pattern: RegExp): void {
  const index = written.findIndex(message => pattern.test(message))
  expect(index, `a message like ${pattern} among ${JSON.stringify(written)}`).not.toBe(-1)
  written.splice(index, 1)
}
