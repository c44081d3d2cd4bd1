/** The time in milliseconds that the measured loop took on an idle machine in 2025. */
const QUIET_MS = 50
const LARGEST_FACTOR = 8

/** How many times slower than that idle machine this machine is at the moment, from 1 to 8. */
export function machineFactor(): number {
  const startedAt = performance.now()
  let sum = 0
  for (let step = 0; step < 20_000_000; step++)
    sum = (sum * 31 + step) | 0
  const elapsedMs = performance.now() - startedAt
  // The sum is used, so that the loop cannot be optimized away.
  const factor = Number.isFinite(sum) ? elapsedMs / QUIET_MS : 1
  return Math.min(Math.max(factor, 1), LARGEST_FACTOR)
}
