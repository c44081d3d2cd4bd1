/** Intervals of one index, merged where they touch, so that a key is found by binary search. */
import type { Interval, Key } from './types.ts'
import { Buffer } from 'node:buffer'

export class IntervalSet {
  readonly intervals: readonly Interval[]

  constructor(intervals: readonly Interval[]) {
    this.intervals = merge(intervals)
  }

  includes(key: Key): boolean {
    let low = 0
    let high = this.intervals.length
    // After the loop, `low` is the number of intervals that start at the key or before it.
    while (low < high) {
      const middle = (low + high) >>> 1
      if (Buffer.compare(this.intervals[middle]!.start, key) <= 0)
        low = middle + 1
      else
        high = middle
    }
    const last = this.intervals[low - 1]
    return last !== undefined && isBefore(key, last.end)
  }
}

/** Returns whether a key is before the end of an interval. */
export function isBefore(key: Key, end: Key | null): boolean {
  return end === null || Buffer.compare(key, end) < 0
}

function merge(intervals: readonly Interval[]): Interval[] {
  const sorted = intervals
    .filter(({ start, end }) => isBefore(start, end))
    .sort((a, b) => Buffer.compare(a.start, b.start))
  const merged: Interval[] = []
  for (const interval of sorted) {
    const last = merged.at(-1)
    if (last && !isBefore(last.end ?? interval.start, interval.start))
      last.end = laterEnd(last.end, interval.end)
    else
      merged.push({ ...interval })
  }
  return merged
}

function laterEnd(a: Key | null, b: Key | null): Key | null {
  if (a === null || b === null)
    return null
  return Buffer.compare(a, b) < 0 ? b : a
}
