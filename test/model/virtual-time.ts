import { setImmediate } from 'node:timers'
import { vi } from 'vitest'

// The real function: fake timers replace only the functions of the global object.
const yieldTurn = setImmediate

/**
 * Fake timers that let all promises settle before each timer. They are about a hundred times faster
 * than the asynchronous fake timers of Vitest, which wait for a real timer before each fake one.
 */
export class VirtualTime {
  /** Milliseconds that have passed, independent of the system clock. */
  elapsedMs = 0

  constructor() {
    vi.useFakeTimers({ now: 1_700_000_000_000, toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'clearImmediate', 'Date', 'performance'] })
  }

  async advance(ms: number): Promise<void> {
    const MAX_TIMERS = 20_000
    const end = { isOver: false }
    setTimeout(() => end.isOver = true, ms)
    for (let count = 0; !end.isOver; count++) {
      if (count > MAX_TIMERS)
        throw new Error('Timers never come to an end.')
      await settle()
      vi.advanceTimersToNextTimer()
    }
    this.elapsedMs += ms
    await settle()
  }

  /** Runs the next timer without settling promises. */
  step(): void {
    vi.advanceTimersToNextTimer()
  }

  /** Simulates a computer that slept, or whose clock was set: `Date` changes, and no timer runs. */
  jump(ms: number): void {
    vi.setSystemTime(Date.now() + ms)
  }

  end(): void {
    vi.useRealTimers()
  }
}

/** Lets all promises settle that do not wait for a timer or a message. */
export function settle(): Promise<void> {
  return new Promise(resolve => yieldTurn(resolve))
}
