/** Ends calls that run longer than Convex allows, and code that never returns to its thread. */
import type { FunctionsThread, ThreadCall } from './functions-thread.ts'
import type { Limits } from './host-options.ts'
import { timedOut } from './convex-words.ts'
import { plainError } from './function-error.ts'
import { ACTION_MS, OWN_TIME_MS } from './time-limits.ts'

const TICK_MS = 50
/**
 * If `advanceClock` exceeds the time limit of an action, the action may still run for this long in
 * real time, so that timers that are due before the limit fire first.
 */
const GRACE_MS = 2000
/**
 * The time for which one call may keep its thread from running anything else. It applies whatever
 * `limits` is, since all other callers wait for the thread.
 */
const LONGEST_TURN_MS = 30_000
/** If code has already run this long in one turn, ending its call also ends the thread. */
const LONG_TURN_MS = 200

/** The parts of a thread that the watchdog needs. */
export type WatchedThread = Pick<FunctionsThread, 'turn' | 'idleMs' | 'cpuMs' | 'restart'>

/** The parts of a call that the watchdog needs. */
export type WatchedCall = Pick<ThreadCall, 'isAction' | 'ended' | 'fail' | 'warn'>
  & { call: Pick<ThreadCall['call'], 'callId' | 'rootId'> }

interface Watched {
  thread: WatchedThread
  call: WatchedCall
  /** In ms, on the deployment's clock. */
  startedAt: number
}

/** A point in real time, in ms, and the processor time that the thread had used by then. */
interface Moment {
  at: number
  cpuMs: number
}

/** The state of a thread at the last check. */
interface Check extends Moment {
  /** The number of the turn. */
  turn: number
  /** The time for which the thread has waited for events so far. */
  idleMs: number
  /** The moment since which the thread has been in the same turn without waiting for events. */
  busySince: Moment
}

/** The time for which a thread has been in the same turn, and the processor's part of this time. */
interface TurnLength {
  wallMs: number
  cpuMs: number
}

/**
 * Checks at regular times which call's code runs, and adds the time that the processor has spent on
 * the thread to the time that the call has used. So a call is not ended earlier because the machine
 * is busy.
 */
export class Watchdog {
  readonly #limits: Limits
  readonly #calls = new Map<number, Watched>()
  readonly #checks = new WeakMap<WatchedThread, Check>()
  /** The time in ms that calls have used, by root. */
  readonly #used = new Map<number, number>()
  /** The roots of the calls for which a warning has been written. */
  readonly #warned = new Set<number>()
  #timer: NodeJS.Timeout | undefined
  /** How far the deployment's clock has been set forward, and when it was last set forward. */
  #aheadMs = 0
  #advancedAt = -Infinity

  constructor(limits: Limits) {
    this.#limits = limits
  }

  watch(thread: WatchedThread, call: WatchedCall): void {
    const { callId, rootId } = call.call
    this.#calls.set(callId, { thread, call, startedAt: this.#now() })
    void call.ended.then(() => {
      this.#calls.delete(callId)
      if (callId === rootId) {
        this.#used.delete(rootId)
        this.#warned.delete(rootId)
      }
    })
    this.#timer ??= setTimeout(() => void this.#tick(), TICK_MS)
  }

  /** Records that the deployment's clock has been set forward. */
  advanceClock(ms: number): void {
    this.#aheadMs += ms
    this.#advancedAt = performance.now()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#calls.clear()
  }

  /** The time on the deployment's clock, in ms since an arbitrary point. */
  #now(): number {
    return performance.now() + this.#aheadMs
  }

  async #tick(): Promise<void> {
    const threads = new Set([...this.#calls.values()].map(({ thread }) => thread))
    await Promise.all([...threads].map(thread => this.#check(thread)))
    this.#endLongActions()
    this.#timer = this.#calls.size === 0 ? undefined : setTimeout(() => void this.#tick(), TICK_MS)
  }

  async #check(thread: WatchedThread): Promise<void> {
    const last = this.#checks.get(thread)
    const { turn: { callId, count: turn }, idleMs } = thread
    const at = performance.now()
    const cpuMs = await thread.cpuMs() ?? (last?.cpuMs ?? 0) + TICK_MS
    const isSameTurn = last?.turn === turn && last.idleMs === idleMs
    const busySince = isSameTurn ? last.busySince : { at, cpuMs }
    this.#checks.set(thread, { turn, idleMs, busySince, at, cpuMs })
    // The first check of a thread has nothing to compare with.
    if (last === undefined)
      return
    const length = { wallMs: at - busySince.at, cpuMs: cpuMs - busySince.cpuMs }
    // If the worker has been replaced, the new one has counted from 0. If there was a pause between
    // the checks, most of the time was spent on calls that have ended.
    const spent = Math.max(0, Math.min(cpuMs - last.cpuMs, at - last.at, 2 * TICK_MS))
    const watched = this.#calls.get(callId)
    if (watched)
      this.#charge(watched, spent, length)
    else if (this.#isStuck(length, this.#longestTurn(callId)))
      void thread.restart()
  }

  #charge(watched: Watched, spent: number, length: TurnLength): void {
    const { isAction, call: { rootId } } = watched.call
    const used = (this.#used.get(rootId) ?? 0) + spent
    this.#used.set(rootId, used)
    if (this.#isStuck(length, LONGEST_TURN_MS))
      this.#end(watched, this.#limits === 'enforce' ? limitOf(watched) : LONGEST_TURN_MS, length)
    else if (!isAction && used >= OWN_TIME_MS)
      this.#exceed(watched, length)
  }

  #endLongActions(): void {
    if (performance.now() - this.#advancedAt < GRACE_MS)
      return
    for (const watched of this.#calls.values()) {
      if (watched.call.isAction && this.#now() - watched.startedAt >= ACTION_MS)
        this.#exceed(watched, { wallMs: 0, cpuMs: 0 })
    }
  }

  /**
   * Convex's limits include code that only blocks its thread. Otherwise, only the time of the
   * processor counts, so that a debugger can pause a function for any time.
   */
  #isStuck({ wallMs, cpuMs }: TurnLength, longest: number): boolean {
    return (this.#limits === 'enforce' ? wallMs : cpuMs) >= longest
  }

  /**
   * The time for which code outside of running calls may keep its thread busy. The id is 0 for code
   * of an action that continues after an event of Node, such as the end of a body. Any other id is
   * the id of a call that has ended.
   */
  #longestTurn(callId: number): number {
    if (callId === 0 || this.#limits !== 'enforce')
      return LONGEST_TURN_MS
    return OWN_TIME_MS
  }

  /** Handles a call that has exceeded a limit of Convex. */
  #exceed(watched: Watched, length: TurnLength): void {
    const { call } = watched
    const { rootId } = call.call
    if (this.#limits === 'enforce') {
      this.#end(watched, limitOf(watched), length)
    }
    else if (this.#limits === 'warn' && !this.#warned.has(rootId)) {
      this.#warned.add(rootId)
      call.warn(`${timedOut(limitOf(watched) / 1000)}. Convex would end the function here.`)
    }
  }

  #end({ thread, call }: Watched, limitMs: number, { wallMs }: TurnLength): void {
    call.fail({ status: 'error', error: plainError(timedOut(limitMs / 1000)) })
    if (wallMs >= LONG_TURN_MS)
      void thread.restart()
  }
}

/** The limit of Convex for a call, in ms. */
function limitOf({ call }: Watched): number {
  return call.isAction ? ACTION_MS : OWN_TIME_MS
}
