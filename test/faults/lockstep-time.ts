import type { Deployment } from '../../src/testing/index.ts'
import type { FaultProxy } from './fault-proxy.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { vi } from 'vitest'

/** By how much the clocks are advanced in one step, in milliseconds. */
const STEP_MS = 500

/**
 * Controls the clock and the timers of this process, and the deployment's clock in step with them.
 * Sockets remain real. A test advances the clocks, and each step waits until the network is quiet.
 * So a minute takes less than a second of real time, and the load of the machine does not change
 * the order of events.
 */
export class LockstepTime {
  readonly #deployment: Deployment
  readonly #proxy: FaultProxy

  constructor(deployment: Deployment, proxy: FaultProxy) {
    this.#deployment = deployment
    this.#proxy = proxy
    vi.useFakeTimers({ now: Date.now(), toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'] })
  }

  async elapse(ms: number): Promise<void> {
    await this.settle()
    for (let left = ms; left > 0; left -= STEP_MS)
      await this.#step(Math.min(left, STEP_MS))
  }

  /**
   * Advances the clocks until a condition is true, and returns the elapsed time. Throws after
   * `limitMs`.
   */
  async until(condition: () => unknown, limitMs: number): Promise<number> {
    const begin = Date.now()
    await this.settle()
    while (!condition()) {
      if (Date.now() - begin > limitMs)
        throw new Error(`After ${limitMs} ms this condition is still false: ${condition}`)
      await this.#step(STEP_MS)
    }
    return Date.now() - begin
  }

  /** Waits until all data that no fault delays has arrived. The clocks do not advance. */
  async settle(): Promise<void> {
    const REAL_MS = 1
    let passed: number
    do {
      passed = this.#proxy.passed
      await this.#deployment.settled()
      // Data that is inside the operating system's sockets cannot be observed, so wait a little for
      // it.
      await sleep(REAL_MS)
    } while (passed !== this.#proxy.passed || this.#proxy.isBusy)
  }

  end(): void {
    vi.useRealTimers()
  }

  async #step(ms: number): Promise<void> {
    vi.advanceTimersByTime(ms)
    await this.#deployment.advanceClock(ms)
    await this.settle()
  }
}
