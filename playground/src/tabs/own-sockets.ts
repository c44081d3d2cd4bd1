import type { InjectionKey, ShallowRef } from 'vue'
import { shallowRef } from 'vue'

/** The sockets that this tab has opened itself, because it could not share a connection. */
export interface OwnSockets {
  count: Readonly<ShallowRef<number>>
  WebSocket: typeof globalThis.WebSocket
}

export const ownSocketsKey: InjectionKey<OwnSockets> = Symbol('own sockets')

export function createOwnSockets(): OwnSockets {
  const count = shallowRef(0)

  class CountedWebSocket extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols)
      count.value++
    }
  }
  return { count, WebSocket: CountedWebSocket }
}

/**
 * The number of tabs of this browser that share the connection. Each of them holds a Web Lock, and
 * so does their worker.
 */
export async function countTabs(): Promise<number> {
  const { held = [] } = await navigator.locks.query()
  return Math.max(0, held.filter(({ name }) => name?.startsWith('convue:tabs:')).length - 1)
}
