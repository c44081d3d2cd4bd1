/** Ends calls that run longer than Convex allows, even if their code never returns. */
import type { FunctionsThread, ThreadCall } from './functions-thread.ts'
import type { Limits } from './host-options.ts'
import { timedOut } from './convex-words.ts'
import { plainError } from './function-error.ts'

const TICK_MS = 50
/** How long the code of a query or mutation may run. Time in which it waits does not count. */
const OWN_TIME_MS = 1000
/**
 * Convex ends an action after this time, including everything that the action waits for. Here, only
 * the time of the processor counts.
 */
const ACTION_MS = 600_000
/**
 * The time for which one call may keep its thread from running anything else, even if it does not
 * use the processor. Convex runs each action in a thread of its own and has no such limit.
 */
const LONGEST_TURN_MS = 30_000
/** If code has already run this long in one turn, ending its call also ends the thread. */
const LONG_TURN_MS = 200

interface Watched {
  thread: FunctionsThread
  call: ThreadCall
}

/** The state of a thread at the last check. */
interface Check {
  /** The number of the turn. */
  turn: number
  /** How long the thread has waited for events so far. */
  idleMs: number
  /** The time, in ms, from which on the thread has been in one turn without waiting for events. */
  busySince: number
  at: number
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
  readonly #checks = new WeakMap<FunctionsThread, Check>()
  /** The time in ms that calls have used, by root. */
  readonly #used = new Map<number, number>()
  /** The roots of the calls for which a warning has been written. */
  readonly #warned = new Set<number>()
  #timer: NodeJS.Timeout | undefined

  constructor(limits: Limits) {
    this.#limits = limits
  }

  watch(thread: FunctionsThread, call: ThreadCall): void {
    if (this.#limits === false)
      return
    const { callId, rootId } = call.call
    this.#calls.set(callId, { thread, call })
    void call.ended.then(() => {
      this.#calls.delete(callId)
      if (callId === rootId) {
        this.#used.delete(rootId)
        this.#warned.delete(rootId)
      }
    })
    this.#timer ??= setTimeout(() => void this.#tick(), TICK_MS)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#calls.clear()
  }

  async #tick(): Promise<void> {
    const threads = new Set([...this.#calls.values()].map(({ thread }) => thread))
    await Promise.all([...threads].map(thread => this.#check(thread)))
    this.#timer = this.#calls.size === 0 ? undefined : setTimeout(() => void this.#tick(), TICK_MS)
  }

  async #check(thread: FunctionsThread): Promise<void> {
    const last = this.#checks.get(thread)
    const { turn: { callId, count: turn }, idleMs } = thread
    const at = performance.now()
    const cpuMs = await thread.cpuMs() ?? (last?.cpuMs ?? 0) + TICK_MS
    const isSameTurn = last?.turn === turn && last.idleMs === idleMs
    const busySince = isSameTurn ? last.busySince : at
    this.#checks.set(thread, { turn, idleMs, busySince, at, cpuMs })
    // The first check of a thread has nothing to compare with.
    if (last === undefined)
      return
    const turnMs = at - busySince
    // If the worker has been replaced, the new one has counted from 0. If there was a pause between
    // the checks, most of the time was spent on calls that have ended.
    const spent = Math.max(0, Math.min(cpuMs - last.cpuMs, at - last.at, 2 * TICK_MS))
    const watched = this.#calls.get(callId)
    if (watched)
      this.#charge(watched, { spent, turnMs })
    else if (this.#limits === 'enforce' && turnMs >= longestTurn(callId))
      void thread.restart()
  }

  #charge(watched: Watched, { spent, turnMs }: { spent: number, turnMs: number }): void {
    const { isAction, call: { rootId } } = watched.call
    const used = (this.#used.get(rootId) ?? 0) + spent
    this.#used.set(rootId, used)
    const isStuck = turnMs >= LONGEST_TURN_MS
    const isOver = used >= (isAction ? ACTION_MS : OWN_TIME_MS)
    if (isStuck || isOver)
      this.#end(watched, turnMs)
  }

  #end({ thread, call }: Watched, turnMs: number): void {
    const { callId, rootId } = call.call
    const seconds = (call.isAction ? ACTION_MS : OWN_TIME_MS) / 1000
    if (this.#limits === 'warn') {
      this.#calls.delete(callId)
      if (!this.#warned.has(rootId))
        call.warn(`${timedOut(seconds)}. Convex would end the function here.`)
      this.#warned.add(rootId)
      return
    }
    call.fail({ status: 'error', error: plainError(timedOut(seconds)) })
    if (turnMs >= LONG_TURN_MS)
      void thread.restart()
  }
}

/**
 * How long code that is not part of a running call may keep its thread busy. The id is 0 for code
 * of an action that continues after an event of Node, such as the end of a body. Any other id is
 * the id of a call that has ended.
 */
function longestTurn(callId: number): number {
  if (callId === 0)
    return LONGEST_TURN_MS
  return OWN_TIME_MS
}
