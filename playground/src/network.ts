import type { InjectionKey, Ref } from 'vue'
import { inject, shallowRef, watch } from 'vue'

export const networkStates = ['fast', 'slow', 'offline'] as const

/** How well the sockets of this page get through to the deployment. Requests over HTTP are not concerned. */
export type NetworkState = typeof networkStates[number]

/** How long a message is on its way in a slow network, in milliseconds: long enough to see what the page shows meanwhile. */
const LATENCY_MS = 1500

/** The close event of a socket that has lost its network. */
const CLOSED_ABNORMALLY = 1006

export interface Network {
  state: Ref<NetworkState>
  /** A `WebSocket` that fares as `state` says. */
  WebSocket: typeof globalThis.WebSocket
}

export const networkKey: InjectionKey<Network> = Symbol('network')

/** The network that `main.ts` provides. */
export function useNetwork(): Network {
  return inject(networkKey)!
}

/** A network that can be made slow and taken away, for the page to show what it does then. An app needs no such thing. */
export function createNetwork(): Network {
  const state = shallowRef<NetworkState>('fast')
  const RealWebSocket = globalThis.WebSocket

  class SimulatedWebSocket extends EventTarget {
    onopen: ((event: Event) => void) | null = null
    onmessage: ((event: MessageEvent) => void) | null = null
    onerror: ((event: Event) => void) | null = null
    onclose: ((event: CloseEvent) => void) | null = null
    /** What is on its way. */
    readonly #outbox: string[] = []
    readonly #unwatch: () => void
    #socket: WebSocket | undefined

    constructor(url: string | URL) {
      super()
      // Without a network, a socket goes on opening until there is one.
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
      socket.onopen = event => this.#tell(new Event(event.type))
      socket.onmessage = ({ data }) => this.#tell(new MessageEvent('message', { data }))
      socket.onerror = event => this.#tell(new Event(event.type))
      socket.onclose = ({ code, reason, wasClean }) => this.#end(new CloseEvent('close', { code, reason, wasClean }))
      return socket
    }

    #deliver(count: number): void {
      for (const message of this.#outbox.splice(0, count))
        this.#socket?.send(message)
    }

    /** Whatever the real socket still says is not heard, and what was on its way is lost. */
    #end(event: CloseEvent): void {
      this.#unwatch()
      this.#outbox.length = 0
      if (this.#socket) {
        this.#socket.onopen = this.#socket.onmessage = this.#socket.onerror = this.#socket.onclose = null
        this.#socket.close()
      }
      this.#tell(event)
    }

    #tell(event: Event): void {
      this.dispatchEvent(event)
      this[`on${event.type}` as 'onopen']?.(event)
    }
  }

  // Browsers say so too: a client that waits before its next attempt makes it at once.
  watch(state, (now, before) => {
    if (before === 'offline')
      dispatchEvent(new Event('online'))
    else if (now === 'offline')
      dispatchEvent(new Event('offline'))
  }, { flush: 'sync' })

  return { state, WebSocket: SimulatedWebSocket as unknown as typeof WebSocket }
}
