import type { InjectionKey, Ref } from 'vue'
import { inject, shallowRef, watch } from 'vue'

export const networkStates = ['fast', 'slow', 'offline'] as const

/** The simulated network of the sockets to the deployment. It does not affect HTTP requests. */
export type NetworkState = typeof networkStates[number]

/**
 * The delay of a message that the page sends over the slow network, in milliseconds. It is long enough to see what the
 * page shows in the meantime.
 */
const LATENCY_MS = 1500

/** The close code of a socket that has lost its network. */
const CLOSED_ABNORMALLY = 1006

export interface Network {
  state: Ref<NetworkState>
  /** A `WebSocket` that simulates the network condition in `state`. */
  WebSocket: typeof globalThis.WebSocket
}

export const networkKey: InjectionKey<Network> = Symbol('network')

/** The network that `main.ts` provides. */
export function useNetwork(): Network {
  return inject(networkKey)!
}

/**
 * Creates a simulated network that can be slow or offline, so that the pages show how Convue behaves then. A real app
 * does not need it.
 */
export function createNetwork(): Network {
  const state = shallowRef<NetworkState>('fast')
  const RealWebSocket = globalThis.WebSocket

  class SimulatedWebSocket extends EventTarget {
    onopen: ((event: Event) => void) | null = null
    onmessage: ((event: MessageEvent) => void) | null = null
    onerror: ((event: Event) => void) | null = null
    onclose: ((event: CloseEvent) => void) | null = null
    /** The messages in transit to the deployment. */
    readonly #outbox: string[] = []
    readonly #unwatch: () => void
    #socket: WebSocket | undefined

    constructor(url: string | URL) {
      super()
      // While the network is offline, a new socket waits to open.
      this.#unwatch = watch(state, (now) => {
        if (now === 'offline')
          return this.#socket && this.#end(new CloseEvent('close', { code: CLOSED_ABNORMALLY }))
        this.#socket ??= this.#open(url)
        if (now === 'fast')
          this.#deliver(this.#outbox.length)
      }, { immediate: true, flush: 'sync' })
    }

    send(message: string): void {
      this.#outbox.push(message)
      if (state.value === 'slow')
        setTimeout(() => this.#deliver(1), LATENCY_MS)
      else
        this.#deliver(this.#outbox.length)
    }

    close(): void {
      if (this.#socket)
        this.#socket.close()
      else
        this.#end(new CloseEvent('close', { code: 1000 }))
    }

    #open(url: string | URL): WebSocket {
      const socket = new RealWebSocket(url)
      socket.onopen = event => this.#dispatch(new Event(event.type))
      socket.onmessage = ({ data }) => this.#dispatch(new MessageEvent('message', { data }))
      socket.onerror = event => this.#dispatch(new Event(event.type))
      socket.onclose = ({ code, reason, wasClean }) => this.#end(new CloseEvent('close', { code, reason, wasClean }))
      return socket
    }

    #deliver(count: number): void {
      for (const message of this.#outbox.splice(0, count))
        this.#socket?.send(message)
    }

    /**
     * Ends the socket. Later events of the real socket are ignored, and messages in transit are
     * lost.
     */
    #end(event: CloseEvent): void {
      this.#unwatch()
      this.#outbox.length = 0
      if (this.#socket) {
        this.#socket.onopen = this.#socket.onmessage = this.#socket.onerror = this.#socket.onclose = null
        this.#socket.close()
      }
      this.#dispatch(event)
    }

    #dispatch(event: Event): void {
      this.dispatchEvent(event)
      this[`on${event.type}` as 'onopen']?.(event)
    }
  }

  // Dispatches the same events as a browser. At `online`, a client that is backing off reconnects
  // at once.
  watch(state, (now, before) => {
    if (before === 'offline')
      dispatchEvent(new Event('online'))
    else if (now === 'offline')
      dispatchEvent(new Event('offline'))
  }, { flush: 'sync' })

  return { state, WebSocket: SimulatedWebSocket as unknown as typeof WebSocket }
}
