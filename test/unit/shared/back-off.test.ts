import { afterEach, describe, expect, it, vi } from 'vitest'
import { backOffDelay } from '../../../src/shared/back-off.ts'

afterEach(() => void vi.restoreAllMocks())

function delayWith(random: number, failures: number): number {
  vi.spyOn(Math, 'random').mockReturnValue(random)
  return backOffDelay(failures)
}

describe('backOffDelay', () => {
  it('doubles from a second to a minute', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 8, 1000].map(failures => delayWith(1, failures)))
      .toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000])
  })

  it('is at least the delay that the server asks for, up to five minutes', () => {
    vi.spyOn(Math, 'random').mockReturnValue(1)
    expect([0, 500, 30_000, 86_400_000, Number.NaN, -5, undefined].map(retryAfterMs => backOffDelay(1, retryAfterMs)))
      .toEqual([1000, 1000, 30_000, 300_000, 1000, 1000, 1000])
  })

  it('is random between half of the step and the whole step', () => {
    expect(delayWith(0, 1)).toBe(500)
    expect(delayWith(0.5, 1)).toBe(750)
    expect(delayWith(0, 4)).toBe(4000)
    expect(delayWith(0, 9)).toBe(30_000)
  })
})
