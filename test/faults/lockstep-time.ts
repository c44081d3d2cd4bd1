import type { Deployment } from '../../src/testing/index.ts'
import type { FaultProxy } from './fault-proxy.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { vi } from 'vitest'

/** The step of the clocks, in milliseconds. */
const STEP_MS = 500

/**
 * The clock and the timers of this process, which pass as a test says, and the deployment's clock
 * in step with them; sockets are real all the while. The clocks move on when the network is quiet,
 * so that a minute passes in less than a second, and no longer on a machine that is busy.
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

  /** Lets time pass until a condition holds, and returns how much. Stops after `limitMs`. */
  async until(condition: () => unknown, limitMs: number): Promise<number> {
    const begin = Date.now()
    await this.settle()
    while (!condition()) {
      if (Date.now() - begin > limitMs)
        throw new Error(`After ${limitMs} ms it is still not so: ${condition}`)
      await this.#step(STEP_MS)
    }
    return Date.now() - begin
  }

  /** Waits until all data has arrived that no fault delays. No time passes. */
  async settle(): Promise<void> {
    const REAL_MS = 1
    let passed: number
    do {
      passed = this.#proxy.passed
      await this.#deployment.settled()
      // On the wire, which cannot be observed.
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
