import type { Limits } from '../../../src/testing/functions/host-options.ts'
import type { WatchedCall, WatchedThread } from '../../../src/testing/functions/watchdog.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Watchdog } from '../../../src/testing/functions/watchdog.ts'
import { loadFunctions } from './functions-host.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** A thread that runs the code of one call without end, or waits. */
class FakeThread implements WatchedThread {
  restarts = 0
  turn = { callId: 1, count: 1 }
  /** The share of the time in which the thread uses the processor. */
  load: number
  #startedAt = performance.now()

  constructor(state: 'busy' | 'paused' | 'waiting') {
    this.load = state === 'busy' ? 1 : 0
    if (state === 'waiting')
      this.turn = { callId: 0, count: 1 }
  }

  get idleMs(): number {
    return this.turn.callId === 0 ? performance.now() - this.#startedAt : 0
  }

  async cpuMs(): Promise<number> {
    return (performance.now() - this.#startedAt) * this.load
  }

  async restart(): Promise<void> {
    this.restarts += 1
    this.load = 0
    this.turn = { callId: 0, count: this.turn.count + 1 }
  }
}

interface FakeCall extends WatchedCall {
  failures: string[]
  warnings: string[]
}

function fakeCall(isAction: boolean): FakeCall {
  const failures: string[] = []
  const warnings: string[] = []
  let end = (): void => {}
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  return {
    call: { callId: 1, rootId: 1 },
    isAction,
    ended,
    failures,
    warnings,
    fail: (outcome) => {
      failures.push(outcome.status === 'error' ? outcome.error.message : outcome.status)
      end()
    },
    warn: text => warnings.push(text),
  }
}

function watch(limits: Limits, thread: FakeThread, call: FakeCall): Watchdog {
  const watchdog = new Watchdog(limits)
  watchdog.watch(thread, call)
  return watchdog
}

describe.each(['warn', false] as const)('watchdog with limits %s', (limits) => {
  it('ends a loop after 30 seconds, since all other callers wait for the thread', async () => {
    const thread = new FakeThread('busy')
    const call = fakeCall(false)
    watch(limits, thread, call)

    await vi.advanceTimersByTimeAsync(29 * SECOND)
    expect(call.failures).toEqual([])
    expect(call.warnings).toHaveLength(limits === 'warn' ? 1 : 0)
    await vi.advanceTimersByTimeAsync(2 * SECOND)
    expect(call.failures).toEqual(['Function execution timed out (maximum duration: 30s)'])
    expect(thread.restarts).toBe(1)
  })

  it('ends the loop of a call that has ended', async () => {
    const thread = new FakeThread('busy')
    thread.turn = { callId: 7, count: 1 }
    watch(limits, thread, fakeCall(false))

    await vi.advanceTimersByTimeAsync(29 * SECOND)
    expect(thread.restarts).toBe(0)
    await vi.advanceTimersByTimeAsync(2 * SECOND)
    expect(thread.restarts).toBe(1)
  })

  it('does not end a function that a debugger has paused', async () => {
    const thread = new FakeThread('paused')
    const call = fakeCall(false)
    watch(limits, thread, call)

    await vi.advanceTimersByTimeAsync(5 * MINUTE)
    expect([call.failures, thread.restarts]).toEqual([[], 0])
  })

  it('does not end an action that waits for more than 10 minutes', async () => {
    const call = fakeCall(true)
    watch(limits, new FakeThread('waiting'), call)

    await vi.advanceTimersByTimeAsync(11 * MINUTE)
    expect(call.failures).toEqual([])
    expect(call.warnings).toHaveLength(limits === 'warn' ? 1 : 0)
  })
})

describe('watchdog with limits enforce', () => {
  it('ends a call that blocks its thread without using the processor', async () => {
    const thread = new FakeThread('paused')
    const call = fakeCall(true)
    watch('enforce', thread, call)

    await vi.advanceTimersByTimeAsync(31 * SECOND)
    expect(call.failures).toHaveLength(1)
    expect(thread.restarts).toBe(1)
  })

  it('ends an action that waits for 10 minutes, and does not restart its thread', async () => {
    const thread = new FakeThread('waiting')
    const call = fakeCall(true)
    watch('enforce', thread, call)

    await vi.advanceTimersByTimeAsync(10 * MINUTE - SECOND)
    expect(call.failures).toEqual([])
    await vi.advanceTimersByTimeAsync(2 * SECOND)
    expect(call.failures).toEqual(['Function execution timed out (maximum duration: 600s)'])
    expect(thread.restarts).toBe(0)
  })

  it('counts the time by which the clock is set forward once some real time has passed', async () => {
    const call = fakeCall(true)
    const watchdog = watch('enforce', new FakeThread('waiting'), call)

    watchdog.advanceClock(9 * MINUTE)
    await vi.advanceTimersByTimeAsync(10 * SECOND)
    expect(call.failures).toEqual([])
    watchdog.advanceClock(5 * MINUTE)
    await vi.advanceTimersByTimeAsync(SECOND)
    expect(call.failures).toEqual([])
    await vi.advanceTimersByTimeAsync(2 * SECOND)
    expect(call.failures).toEqual(['Function execution timed out (maximum duration: 600s)'])
  })

  it('does not count time before an action has begun', async () => {
    const watchdog = new Watchdog('enforce')
    const call = fakeCall(true)
    watchdog.advanceClock(60 * MINUTE)
    watchdog.watch(new FakeThread('waiting'), call)

    await vi.advanceTimersByTimeAsync(9 * MINUTE)
    expect(call.failures).toEqual([])
  })
})

describe('a promise that never resolves', () => {
  it('fails its mutation whatever the limits are', async () => {
    vi.useRealTimers()
    const { failure } = await loadFunctions({
      'calls.ts': `import { mutationGeneric as mutation } from 'convex/server'
        export const never = mutation({ handler: () => new Promise(() => {}) })`,
    }, { limits: false })

    expect(await failure('calls:never')).toBe('Returned promise will never resolve')
  })
})
