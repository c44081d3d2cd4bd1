/** How many random cases the tests of the engine try. */
import process from 'node:process'

/**
 * With `ENGINE_RUNS=10000`, as in `npm run test:engine`, each test runs all of its random cases; with less, the same
 * share of them.
 */
const FULL = 10_000
const SHORT = 250

/** How many random cases this run has, if a full run has `full` cases. */
export function engineRuns(full: number): number {
  const share = Number(process.env.ENGINE_RUNS ?? SHORT) / FULL
  return Math.max(1, Math.round(full * share))
}
