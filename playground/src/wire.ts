import type { InjectionKey, ShallowRef } from 'vue'
import { inject, shallowRef } from 'vue'

/**
 * One message that was sent or received over a socket. It contains the type of the message, but no token, no result and
 * no arguments of a write.
 */
export interface WireFrame {
  id: number
  /** Milliseconds since the page began to load. */
  at: number
  socket: number
  direction: 'sent' | 'received'
  type: string
  detail: string
}

/** A query that a socket is subscribed to. */
export interface WireQuery {
  id: number
  path: string
  args: string
}

/** A socket that is open or opening. */
export interface WireSocket {
  id: number
  isOpen: boolean
  /** Whether the socket has sent a token. The identity of a client never changes. */
  carries: 'no user' | 'a user'
  queries: WireQuery[]
}

export interface Wire {
  frames: Readonly<ShallowRef<readonly WireFrame[]>>
  sockets: Readonly<ShallowRef<readonly WireSocket[]>>
  /** The value for `clientOptions.webSocketConstructor`. */
  WebSocket: typeof globalThis.WebSocket
  /** Closes each socket, like a bad network. The clients then reconnect. */
  cut: () => void
  clear: () => void
}

export const wireKey: InjectionKey<Wire> = Symbol('wire')

/** The wire that `main.ts` provides. */
export function useWire(): Wire {
  return inject(wireKey)!
}

/** The reasons that a client sends with its first `Connect`: `null` if it waited for a token before. */
const FIRST_CONNECT = ['InitialConnect', null]

/** The number of frames that are kept. */
const CAPACITY = 80

/**
 * Records what the Convex clients of a page send and receive, through a `WebSocket` that observes
 * the messages.
 *
 * @param Socket The `WebSocket` class that it extends.
 */
export function createWire(Socket: typeof WebSocket): Wire {
  const frames = shallowRef<readonly WireFrame[]>([])
  const sockets = shallowRef<readonly WireSocket[]>([])
  const open = new Set<WebSocket>()
  let frameCount = 0
  let socketCount = 0

  function record(frame: Omit<WireFrame, 'id' | 'at'>): void {
    frames.value = [...frames.value, { id: ++frameCount, at: performance.now(), ...frame }].slice(-CAPACITY)
  }

  function update(id: number, change: (socket: WireSocket) => Partial<WireSocket>): void {
    sockets.value = sockets.value.map(socket => socket.id === id ? { ...socket, ...change(socket) } : socket)
  }

  class ObservedWebSocket extends Socket {
    readonly #id = ++socketCount

    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols)
      const socket = this.#id
      open.add(this)
      sockets.value = [...sockets.value, { id: socket, isOpen: false, carries: 'no user', queries: [] }]
      this.addEventListener('open', () => update(socket, () => ({ isOpen: true })))
      this.addEventListener('message', ({ data }) => {
        const message = JSON.parse(data)
        record({ socket, direction: 'received', type: message.type, detail: describeReceived(message) })
      })
      this.addEventListener('close', ({ code }) => {
        open.delete(this)
        sockets.value = sockets.value.filter(({ id }) => id !== socket)
        record({ socket, direction: 'received', type: 'closed', detail: `code ${code}` })
      })
    }

    override send(data: string): void {
      super.send(data)
      const message = JSON.parse(data)
      record({ socket: this.#id, direction: 'sent', type: message.type, detail: describeSent(message) })
      if (message.type === 'Authenticate')
        update(this.#id, () => ({ carries: message.tokenType === 'User' ? 'a user' : 'no user' }))
      if (message.type === 'ModifyQuerySet')
        update(this.#id, ({ queries }) => ({ queries: modify(queries, message.modifications) }))
    }
  }

  return {
    frames,
    sockets,
    WebSocket: ObservedWebSocket,
    cut: () => open.forEach(socket => socket.close()),
    clear: () => frames.value = [],
  }
}

type Modification = { type: 'Add', queryId: number, udfPath: string, args: unknown[] } | { type: 'Remove', queryId: number }

function modify(queries: WireQuery[], modifications: Modification[]): WireQuery[] {
  const removed = new Set(modifications.filter(({ type }) => type === 'Remove').map(({ queryId }) => queryId))
  const added = modifications
    .filter(modification => modification.type === 'Add')
    .map(({ queryId, udfPath, args }) => ({ id: queryId, path: name(udfPath), args: JSON.stringify(args[0]) }))
  return [...queries.filter(({ id }) => !removed.has(id)), ...added]
}

function describeSent(message: any): string {
  switch (message.type) {
    case 'Connect':
      return FIRST_CONNECT.includes(message.lastCloseReason) ? 'for the first time' : `again, after ${message.lastCloseReason}`
    case 'Authenticate':
      return message.tokenType === 'User' ? 'with a token' : 'anonymously'
    case 'ModifyQuerySet':
      return describeModifications(message.modifications)
    case 'Mutation':
    case 'Action':
      return name(message.udfPath)
    default:
      return ''
  }
}

function describeReceived(message: any): string {
  switch (message.type) {
    case 'Transition': {
      const { startVersion, endVersion, modifications } = message
      const identity = endVersion.identity > startVersion.identity ? 'identity confirmed, ' : ''
      return `${identity}${count(modifications.length, 'result')}`
    }
    case 'MutationResponse':
    case 'ActionResponse':
      return message.success ? 'done' : 'failed'
    case 'AuthError':
    case 'FatalError':
      return message.error
    default:
      return ''
  }
}

function describeModifications(modifications: Modification[]): string {
  const described = modifications.map(modification => modification.type === 'Add'
    ? `+ ${name(modification.udfPath)}`
    : `− query ${modification.queryId}`)
  return described.join(', ') || 'no queries yet'
}

/**
 * Returns the name of a function as in the code of an app: `tasks.list` for `tasks:list` and
 * `tasks.js:list`.
 */
function name(udfPath: string): string {
  return udfPath.replace(/\.js(?=:)/, '').replace(':', '.')
}

export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1
    ? ''
    : 's'}`
}
