/** Delays the messages of the deployment, to see the page with a slow network. */
import type { IdentityClient } from '../client/identity-client.ts'
import type { IdentityClients } from '../client/identity-clients.ts'
import type { Cancel } from '../shared/schedule.ts'
import { webSocketOf } from '../client/convex-internals.ts'
import { schedule } from '../shared/schedule.ts'

export interface SlowSockets {
  /** The delay of each message in ms. Messages keep their order. */
  setDelay: (delayMs: number) => void
  /** To be called when a client has opened a socket. */
  update: () => void
  stop: () => void
}

export function createSlowSockets(clients: IdentityClients): SlowSockets {
  const slowed = new WeakSet<WebSocket>()
  const cancels = new Set<Cancel>()
  let delayMs = 0

  function slow(socket: WebSocket, client: IdentityClient): void {
    const { onmessage } = socket
    if (!onmessage)
      return
    slowed.add(socket)
    /** Messages that arrive after the delay was removed must not overtake those that wait. */
    let freeAt = 0
    socket.onmessage = (message) => {
      const now = performance.now()
      freeAt = Math.max(freeAt, now + delayMs)
      if (freeAt <= now)
        return onmessage.call(socket, message)
      const cancel = schedule(() => {
        cancels.delete(cancel)
        // A client does not expect messages of a socket that has closed. Sockets of the app's own
        // class may have no `readyState`.
        if (webSocketOf(client.convex) === socket)
          onmessage.call(socket, message)
      }, freeAt - now)
      cancels.add(cancel)
    }
  }

  function update(): void {
    if (delayMs === 0)
      return
    for (const { client } of clients.opened?.value ?? []) {
      const socket = webSocketOf(client.convex)
      if (socket && !slowed.has(socket))
        slow(socket, client)
    }
  }

  return {
    setDelay(next) {
      delayMs = next
      update()
    },
    update,
    stop() {
      delayMs = 0
      cancels.forEach(cancel => cancel())
      cancels.clear()
    },
  }
}
