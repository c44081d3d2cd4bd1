/** The clock and the timers of a simulated page, for tests whose result must not depend on how busy the machine is. */
import type { Deployment } from '../../../src/testing/index.ts'
import { afterEach, beforeEach, vi } from 'vitest'

/** The clock of a page, which stands still unless a test advances it. */
export interface PageTime {
  /** Advances the deployment's clock and then the page's clock by less than a minute, and runs the page's timers. */
  elapse: (ms: number) => Promise<void>
}

/** The lifetime of a token that Convue renews after {@link RENEWAL_MS}. */
export const LIFETIME_SECONDS = 40
/** When a page renews a token, and thus how far a test advances the clocks, in milliseconds. */
export const RENEWAL_MS = 30_000

/**
 * Replaces the clock and the timers of this process during each test of a `describe`. Sockets, the deployment and
 * `eventually` remain real; `eventually` advances the page's clock by 10 ms each time that it checks its condition.
 */
export function usePageTime(deployment: () => Deployment): PageTime {
  let elapsedMs = 0
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'] })
  })
  afterEach(async () => {
    vi.useRealTimers()
    await deployment().advanceClock(-elapsedMs)
    elapsedMs = 0
  })
  return {
    async elapse(ms) {
      elapsedMs += ms
      await deployment().advanceClock(ms)
      vi.advanceTimersByTime(ms)
    },
  }
}
