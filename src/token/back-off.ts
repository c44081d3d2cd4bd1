/**
 * How long to wait before the next attempt, in milliseconds: doubling from 1 s to 60 s, of which the upper half is left to chance, so that
 * many pages that failed together do not come back together.
 *
 * @param failures How many attempts in a row have failed, from 1.
 */
export function backOffDelay(failures: number): number {
  const ceiling = Math.min(1000 * 2 ** (failures - 1), 60_000)
  return ceiling * (0.5 + Math.random() / 2)
}
