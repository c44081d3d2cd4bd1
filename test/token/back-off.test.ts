import { describe, expect, it } from 'vitest'
import { backOffDelay } from '../../src/token/back-off.ts'

describe('the delay before another attempt', () => {
  it('doubles from a second to a minute', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 8, 1000].map(failures => backOffDelay(failures, 1)))
      .toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000])
  })

  it('leaves its upper half to chance', () => {
    expect(backOffDelay(1, 0)).toBe(500)
    expect(backOffDelay(1, 0.5)).toBe(750)
    expect(backOffDelay(4, 0)).toBe(4000)
    expect(backOffDelay(9, 0)).toBe(30_000)
  })
})
