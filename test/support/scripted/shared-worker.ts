import type { PageEvent } from '../../../src/shared/page-events.ts'
import type { HubEnvironment } from '../../../src/tabs/hub/deployment-hubs.ts'
import type { Locks } from '../../../src/tabs/locks.ts'
import type { Port } from '../../../src/tabs/port-messages.ts'
import type { SharedTabsSocket } from '../../../src/tabs/shared-tabs.ts'
import type { TabPage } from '../../../src/tabs/tab-sockets.ts'
import type { Problem, TabsWorker } from '../../../src/tabs/worker-connection.ts'
import type { SharedState } from '../../../src/tabs/worker/serve-tab.ts'
import { SharedTokens } from '../../../src/tabs/hub/shared-tokens.ts'
import { holdLock } from '../../../src/tabs/locks.ts'
import { tabSockets } from '../../../src/tabs/tab-sockets.ts'
import { socketOpener } from '../../../src/tabs/worker/open-socket.ts'
import { serveTab } from '../../../src/tabs/worker/serve-tab.ts'

/** A page or a worker, which the test can end. */
interface Agent { isDead: boolean }

type Grant = () => Promise<void>

/** The Web Locks of a browser, which releases the locks of an agent that has ended. */
class ScriptedLocks {
  readonly #queues = new Map<string, { agent: Agent, grant: Grant, end?: () => void }[]>()

  of(agent: Agent): Locks {
    const request = (name: string, ...rest: any[]): Promise<unknown> => {
      const callback = rest.at(-1) as (lock: unknown) => unknown
      const { signal } = rest.length > 1 ? rest[0] as { signal?: AbortSignal } : {}
      return new Promise((resolve, reject) => {
        const queue = this.#queues.get(name) ?? []
        this.#queues.set(name, queue)
        const entry = { agent, grant: async () => {
          const ended = new Promise<void>(end => Object.assign(entry, { end }))
          const result = Promise.resolve(callback({ name }))
          await Promise.race([result, ended])
          queue.shift()
          resolve(undefined)
          void queue[0]?.grant()
        } }
        signal?.addEventListener('abort', () => {
          const index = queue.indexOf(entry)
          if (index > 0)
            queue.splice(index, 1)
          if (index > 0)
            reject(new DOMException('Aborted', 'AbortError'))
        })
        if (queue.push(entry) === 1)
          queueMicrotask(() => void entry.grant())
      })
    }
    return { request } as Locks
  }

  /** Releases all locks of an agent. */
  end(agent: Agent): void {
    agent.isDead = true
    for (const queue of this.#queues.values()) {
      const [holder] = queue
      const waiting = queue.filter((entry, index) => index > 0 && entry.agent === agent)
      waiting.forEach(entry => queue.splice(queue.indexOf(entry), 1))
      if (holder?.agent === agent)
        holder.end?.()
    }
  }
}

/** A tab, whose Convex clients use `WebSocket`. */
export interface ScriptedTab {
  WebSocket: SharedTabsSocket
  problems: Problem[]
  /** Ends the tab without any event in it, as a crash does. */
  kill: () => void
  /** Leaves the page. A frozen page may be shown again: its code runs on. */
  hide: (isFrozen: boolean) => void
  /** The page is shown or online again, or hidden behind another tab. */
  report: (event: PageEvent) => void
}

/** A browser with tabs and the shared worker, in this process. */
export class ScriptedTabs {
  readonly #SocketClass: typeof WebSocket
  readonly #locks = new ScriptedLocks()
  #worker: { agent: Agent, state: SharedState } | null = null
  #ids = 0
  /** Whether new workers do not answer. */
  isSilent = false
  isSupported = true
  /** How long messages between tabs and workers take. 0: they arrive in microtasks. */
  messageMs = 0
  /** The error of the start of a worker. */
  startError: Error | null = null

  /** @param SocketClass The sockets to the deployment. */
  constructor(SocketClass: typeof WebSocket) {
    this.#SocketClass = SocketClass
  }

  open(): ScriptedTab {
    const agent: Agent = { isDead: false }
    const problems: Problem[] = []
    const hideListeners = new Set<(isFrozen: boolean) => void>()
    const listeners = new Set<(event: PageEvent) => void>()
    const page: TabPage = {
      createWorker: () => this.#connect(agent),
      locks: this.#locks.of(agent),
      createId: () => this.#createId(),
      onceHidden(onHide) {
        hideListeners.add(onHide)
        return () => hideListeners.delete(onHide)
      },
      onPageEvents(onEvent) {
        listeners.add(onEvent)
        return () => listeners.delete(onEvent)
      },
      isSupported: () => this.isSupported,
      openOwn: url => new this.#SocketClass(url),
      warn: problem => problems.push(problem),
    }
    return {
      WebSocket: tabSockets(page),
      problems,
      kill: () => this.#locks.end(agent),
      hide: isFrozen => hideListeners.forEach(onHide => onHide(isFrozen)),
      report: event => listeners.forEach(onEvent => onEvent(event)),
    }
  }

  /** Ends the worker, as the browser does together with the process of a page. */
  killWorker(): void {
    if (!this.#worker)
      return
    const { agent, state } = this.#worker
    this.#worker = null
    this.#locks.end(agent)
    // The browser closes the sockets of a worker that ends.
    this.#sockets.forEach(socket => socket.close())
    this.#sockets.clear()
    state.hubs.clear()
  }

  readonly #sockets = new Set<{ close: () => void }>()

  #connect(tab: Agent): TabsWorker {
    if (this.startError)
      throw this.startError
    const [inTab, inWorker] = this.#portPair(tab, this.isSilent ? { isDead: true } : this.#start().agent)
    if (!this.isSilent)
      serveTab(inWorker, this.#start().state)
    return { port: inTab, onerror: null }
  }

  #start(): { agent: Agent, state: SharedState } {
    if (this.#worker)
      return this.#worker
    const agent: Agent = { isDead: false }
    const locks = this.#locks.of(agent)
    const createId = (): string => this.#createId()
    const open = socketOpener(this.#SocketClass)
    const tokens = new SharedTokens(() => Date.now())
    const environment: HubEnvironment = {
      openSocket: (url, events) => {
        const socket = open(url, events)
        this.#sockets.add(socket)
        return socket
      },
      now: () => Date.now(),
      createId,
      onTokenRefused: () => tokens.doubtAll(),
    }
    const state = { environment, locks, lock: holdLock(locks, createId).then(({ name }) => name), hubs: new Map(), tokens }
    this.#worker = { agent, state }
    return this.#worker
  }

  /** Two connected ports. A message that an agent has sent arrives, even if this agent ends before. */
  #portPair(tab: Agent, worker: Agent): [Port, Port] {
    const send = (from: Agent, message: unknown, to: Agent, port: Port): void => {
      const data = structuredClone(message)
      const deliver = (): void => {
        if (!to.isDead)
          port.onmessage?.({ data } as MessageEvent)
      }
      if (from.isDead)
        return
      if (this.messageMs === 0)
        queueMicrotask(deliver)
      else
        setTimeout(deliver, this.messageMs)
    }
    const inTab: Port = { onmessage: null, postMessage() {} }
    const inWorker: Port = { onmessage: null, postMessage: message => send(worker, message, tab, inTab) }
    inTab.postMessage = message => send(tab, message, worker, inWorker)
    return [inTab, inWorker]
  }

  #createId(): string {
    return `00000000-0000-4000-8000-${String(++this.#ids).padStart(12, '0')}`
  }
}
