/** The connection of a tab to the worker: its start, its messages and its end. */
import type { PageEvent } from '../shared/page-events.ts'
import type { Cancel } from '../shared/schedule.ts'
import type { Locks } from './locks.ts'
import type { Port, TabMessage, TokenMessage, WorkerMessage } from './port-messages.ts'
import type { OnTokenAnswer, SentNeed, TabNeed } from './share-tokens.ts'
import type { SharedSocket } from './shared-socket.ts'
import type { UnsettledCalls } from './unsettled-calls.ts'
import { schedule } from '../shared/schedule.ts'
import { holdLock, onceReleased } from './locks.ts'
import { PORT_VERSION } from './port-messages.ts'

/** The time after which a worker that does not answer is not used, in milliseconds. */
const START_MS = 20_000

/**
 * The time without a socket after which the connection ends, in milliseconds. It is longer than the
 * longest back-off of a client, which is 24 s.
 */
const IDLE_MS = 30_000

/** Codes of `CloseEvent`. */
const NORMAL = 1000
const GOING_AWAY = 1001
const ABNORMAL = 1006

/** The reason why a tab cannot share the connection. */
export type Problem = 'unsupported' | 'failed' | 'silent' | 'refused' | 'unknownMessage'

/** The parts of a `SharedWorker` that are used. */
export interface TabsWorker {
  readonly port: Port
  onerror: ((event: any) => void) | null
}

/** The functions of a page that its connection calls. */
export interface ConnectionHost {
  createWorker: () => TabsWorker
  locks: Locks
  createId: () => string
  /** Calls `onHide` when the user leaves the page, until the returned function is called. */
  onceHidden: (onHide: (isFrozen: boolean) => void) => Cancel
  /** Calls `onEvent` when the page is shown or online again, or hidden behind another tab. */
  onPageEvents: (onEvent: (event: PageEvent) => void) => Cancel
  /** The calls of the tab, on all of its connections. */
  unsettled: UnsettledCalls
  /** The tab must not share any connection from now on. */
  onProblem: (problem: Problem, cause?: unknown) => void
  /** The connection has ended. The next socket needs another connection. */
  onEnd: () => void
}

/** A connection. It ends with its page or its worker, or when the page has no socket left. */
export class WorkerConnection {
  readonly #host: ConnectionHost
  readonly #sockets = new Map<number, SharedSocket>()
  readonly #ids = new Map<SharedSocket, number>()
  /** The needs for a token that the worker has not answered. */
  readonly #needs = new Map<number, OnTokenAnswer>()
  /** Messages about tokens that wait until the worker is ready. */
  readonly #unsent: TokenMessage[] = []
  /** Aborts all waiting operations. */
  readonly #end = new AbortController()
  /** Stop the calls of the page. */
  readonly #pageListeners: Cancel[]
  #status: 'starting' | 'ready' | 'ended' = 'starting'
  #port: Port | null = null
  #releaseLock: Cancel | null = null
  #cancelTimer: Cancel
  #nextId = 0

  constructor(host: ConnectionHost) {
    this.#host = host
    this.#cancelTimer = schedule(() => this.#fail('silent'), START_MS)
    this.#pageListeners = [
      host.onceHidden(isFrozen => this.#leave(isFrozen, GOING_AWAY)),
      host.onPageEvents(event => this.#post({ type: 'pageEvent', event })),
    ]
    this.#start().catch(error => this.#fail('failed', error))
  }

  open(socket: SharedSocket): void {
    const link = this.#nextId++
    this.#sockets.set(link, socket)
    this.#ids.set(socket, link)
    if (this.#status === 'starting')
      return
    this.#cancelTimer()
    this.#post({ type: 'open', link, url: socket.url })
  }

  send(socket: SharedSocket, texts: string[]): void {
    const link = this.#ids.get(socket)
    if (link !== undefined)
      this.#post({ type: 'send', link, texts })
  }

  close(socket: SharedSocket): void {
    const link = this.#ids.get(socket)
    if (link === undefined)
      return
    this.#take(link)
    if (this.#status === 'ready')
      this.#post({ type: 'close', link })
  }

  /** Sends a need for a token. `onAnswer` is called with `null` if the connection ends before. */
  needToken(details: TabNeed, onAnswer: OnTokenAnswer): SentNeed {
    const need = this.#nextId++
    this.#needs.set(need, onAnswer)
    this.sendTokenMessage({ type: 'needToken', need, ...details })
    return {
      takeOver: () => this.sendTokenMessage({ type: 'takeOver', need }),
      share: (session, token) => this.sendTokenMessage({ type: 'shareToken', need, session, token }),
      fail: () => this.sendTokenMessage({ type: 'tokenFailed', need }),
      drop: () => {
        this.#needs.delete(need)
        this.sendTokenMessage({ type: 'dropNeed', need })
      },
    }
  }

  sendTokenMessage(message: TokenMessage): void {
    if (this.#status === 'starting')
      this.#unsent.push(message)
    else if (this.#status === 'ready')
      this.#post(message)
  }

  async #start(): Promise<void> {
    const { locks, createId, createWorker } = this.#host
    const lock = await holdLock(locks, createId)
    // The user may have left the page while the lock was requested.
    if (this.#status === 'ended')
      return lock.release()
    this.#releaseLock = lock.release
    const worker = createWorker()
    worker.onerror = () => this.#fail('failed')
    this.#port = worker.port
    this.#port.onmessage = ({ data }: MessageEvent<WorkerMessage>) => this.#receive(data)
    this.#post({ type: 'hello', version: PORT_VERSION, lock: lock.name })
  }

  #receive(message: WorkerMessage): void {
    // The worker may have ended after it has sent a mutation, and before this message arrives.
    if (this.#status === 'ended' && message.type !== 'numbered')
      return
    switch (message.type) {
      case 'ready':
        return this.#onReady(message.lock)
      case 'refused':
        return this.#fail('refused')
      case 'opened':
        return this.#sockets.get(message.link)?.open()
      case 'message':
        return this.#onMessage(message)
      case 'numbered':
        return this.#host.unsettled.add(message.url, message.call)
      case 'closed':
        return this.#take(message.link)?.end(message.code, message.reason)
      case 'unshared':
        return this.#onUnshared(message.link)
      case 'token': {
        const onAnswer = this.#needs.get(message.need)
        this.#needs.delete(message.need)
        return onAnswer?.(message.answer)
      }
    }
  }

  #onReady(workerLock: string): void {
    if (this.#status !== 'starting')
      return
    this.#status = 'ready'
    this.#cancelTimer()
    // The browser may end a worker, for example together with the page that has started it.
    onceReleased(this.#host.locks, workerLock, () => this.#leave(true, ABNORMAL), this.#end.signal)
    for (const { url, calls } of this.#host.unsettled.list())
      this.#post({ type: 'restore', url, calls })
    for (const [link, { url }] of this.#sockets)
      this.#post({ type: 'open', link, url })
    this.#unsent.splice(0).forEach(message => this.#post(message))
    this.#endIfIdle()
  }

  #onMessage({ link, text, settled }: Extract<WorkerMessage, { type: 'message' }>): void {
    const socket = this.#sockets.get(link)
    if (!socket)
      return
    settled.forEach(call => this.#host.unsettled.remove(socket.url, call))
    socket.receive(text)
  }

  /** The client connects again, with a socket of its own. */
  #onUnshared(link: number): void {
    this.#host.onProblem('unknownMessage')
    this.#take(link)?.end(NORMAL, '')
  }

  /** Sockets that wait are opened without the worker. */
  #fail(problem: Problem, cause?: unknown): void {
    if (this.#status !== 'starting')
      return
    const waiting = [...this.#sockets.values()]
    this.#finish()
    this.#host.onProblem(problem, cause)
    waiting.forEach(socket => socket.useOwn())
  }

  #leave(mayReturn: boolean, code: number): void {
    if (this.#status === 'ended')
      return
    const open = [...this.#sockets.values()]
    this.#post({ type: 'bye', mayReturn })
    this.#finish()
    open.forEach(socket => socket.end(code, ''))
  }

  #finish(): void {
    this.#status = 'ended'
    this.#sockets.clear()
    this.#ids.clear()
    this.#cancelTimer()
    this.#pageListeners.forEach(stop => stop())
    this.#end.abort()
    this.#releaseLock?.()
    this.#host.onEnd()
    const unanswered = [...this.#needs.values()]
    this.#needs.clear()
    unanswered.forEach(onAnswer => onAnswer(null))
  }

  /** Removes a socket that has ended. */
  #take(link: number): SharedSocket | undefined {
    const socket = this.#sockets.get(link)
    if (!socket)
      return undefined
    this.#sockets.delete(link)
    this.#ids.delete(socket)
    this.#endIfIdle()
    return socket
  }

  #endIfIdle(): void {
    if (this.#sockets.size > 0 || this.#status !== 'ready')
      return
    this.#cancelTimer()
    this.#cancelTimer = schedule(() => this.#leave(true, NORMAL), IDLE_MS)
  }

  #post(message: TabMessage): void {
    this.#port?.postMessage(message)
  }
}
