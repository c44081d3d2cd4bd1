const FIRST_DELAY_MS = 1000
const LONGEST_DELAY_MS = 60_000

/**
 * How long to wait before the next attempt, in milliseconds: doubling from 1 s to 60 s, of which the upper half is left to chance, so that
 * many pages that failed together do not come back together.
 *
 * @param failures How many attempts in a row have failed, from 1.
 * @param random A number from 0 up to 1.
 */
export function backOffDelay(failures: number, random: number): number {
  const ceiling = Math.min(FIRST_DELAY_MS * 2 ** (failures - 1), LONGEST_DELAY_MS)
  return ceiling * (0.5 + random / 2)
}
