import { expect } from 'vitest'

/** Waits for a condition, on a machine of any speed. */
export function eventually<Value>(condition: () => Value): ReturnType<typeof expect.poll<Awaited<Value>>> {
  return expect.poll(condition as () => Awaited<Value>)
}
