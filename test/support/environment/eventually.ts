import { expect } from 'vitest'

/** Awaits a condition, however busy the machine is. */
export function eventually<Value>(condition: () => Value): ReturnType<typeof expect.poll<Awaited<Value>>> {
  return expect.poll(condition as () => Awaited<Value>, { timeout: 60_000, interval: 10 })
}
