/** The messages between a tab and the worker. */

/** The version of the messages. A tab does not use a worker that has another version. */
export const PORT_VERSION = 1

/** The messages of a tab. `link` is the tab's own number of one of its sockets. */
export type TabMessage
  /** `lock`: the name of the Web Lock that the tab holds until it ends. */
  = | { type: 'hello', version: number, lock: string }
    | { type: 'open', link: number, url: string }
    | { type: 'send', link: number, texts: string[] }
    | { type: 'close', link: number }
  /** `mayReturn`: whether the clients of the tab may connect again, and repeat their mutations. */
    | { type: 'bye', mayReturn: boolean }

/** The messages of the worker. */
export type WorkerMessage
  /** `lock`: the name of the Web Lock that the worker holds until it ends. */
  = | { type: 'ready', lock: string }
    | { type: 'refused' }
    | { type: 'opened', link: number }
    | { type: 'message', link: number, text: string }
    | { type: 'closed', link: number, code: number, reason: string }
    | { type: 'unshared', link: number }

/** The parts of a `MessagePort` that are used. */
export interface Port {
  onmessage: ((event: MessageEvent) => void) | null
  postMessage: (message: unknown) => void
}
