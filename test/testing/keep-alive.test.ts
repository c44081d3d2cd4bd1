import type { WebSocket } from 'ws'
import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { KeepAlive } from '../../src/testing/sync/keep-alive.ts'

const SECOND = 1000

/** The real timer that pings sockets, which the deployment's clock does not control. */
const interval = vi.hoisted(() => ({ run: () => {}, ms: 0 }))

vi.mock('node:timers', () => ({
  setInterval: (run: () => void, ms: number) => Object.assign(interval, { run, ms }),
  clearInterval: () => Object.assign(interval, { run: () => {}, ms: 0 }),
}))

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** A socket whose machine answers pings, or does not. */
class FakeSocket extends EventEmitter {
  pings = 0
  isTerminated = false
  readonly #answers: boolean

  constructor(answers: boolean) {
    super()
    this.#answers = answers
  }

  ping(): void {
    this.pings++
    if (this.#answers)
      this.emit('pong')
  }

  terminate(): void {
    this.isTerminated = true
  }
}

function keepAlive(socket: FakeSocket): void {
  const keeper = new KeepAlive(socket as unknown as WebSocket, () => {})
  onTestFinished(() => keeper.stop())
}

/** Lets time pass in which the interval fires as often as it should. */
function elapse(ms: number): void {
  for (let passed = 0; passed < ms; passed += interval.ms) {
    vi.advanceTimersByTime(interval.ms)
    interval.run()
  }
}

describe('KeepAlive', () => {
  it('pings a socket every five seconds, as long as it answers', () => {
    const socket = new FakeSocket(true)
    keepAlive(socket)
    elapse(600 * SECOND)
    expect([socket.pings, socket.isTerminated]).toEqual([120, false])
  })

  it('drops a socket that has answered no ping for two minutes', () => {
    const socket = new FakeSocket(false)
    keepAlive(socket)
    elapse(120 * SECOND)
    expect(socket.isTerminated).toBe(false)
    elapse(5 * SECOND)
    expect(socket.isTerminated).toBe(true)
  })
})
