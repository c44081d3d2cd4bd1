/** How many random cases the tests of the engine try. */
import process from 'node:process'

/** `ENGINE_RUNS=10000` is the full form: 10,000 programs, and the other tests in proportion. */
const FULL = 10_000
const SHORT = 250

/** How many of the cases of the full form this run has. */
export function engineRuns(full: number): number {
  const share = Number(process.env.ENGINE_RUNS ?? SHORT) / FULL
  return Math.max(1, Math.round(full * share))
}
