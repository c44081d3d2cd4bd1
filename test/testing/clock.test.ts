import { execFileSync } from 'node:child_process'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'

/** Runs in a process of its own, since the clock replaces the timers of its thread. Prints the delays of Node's timers. */
const PROGRAM = `
const delays = []
const set = setTimeout
globalThis.setTimeout = (callback, delay) => {
  delays.push(delay)
  return set(callback, delay)
}
const { clock } = await import(process.argv[1])
clock.install()
await new Promise((resolve) => {
  setTimeout(resolve, 60_000)
  clock.advance(90_000)
})
console.log(JSON.stringify(delays))
`

describe('the clock of an embedded deployment', () => {
  it('sets no timer of Node with a negative delay, about which Node 24 warns', () => {
    const clock = pathToFileURL('src/testing/runtime/clock.ts').href
    const delays = JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', PROGRAM, clock], { encoding: 'utf8' })) as number[]
    expect(delays).toHaveLength(2)
    expect(Math.min(...delays)).toBe(0)
  })
})
