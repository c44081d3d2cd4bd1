/** The messages between a tab and the worker. */
import type { PageEvent } from '../shared/page-events.ts'
import type { CallId, NumberedCall } from './hub/call-numbers.ts'
import type { TokenAnswer } from './hub/shared-tokens.ts'

/**
 * The version of the messages. A tab does not use a worker that has another version. A message that
 * a worker may ignore does not need another version.
 */
export const PORT_VERSION = 2

/** The messages of a tab. `link` is the tab's own number of one of its sockets. */
export type TabMessage
  /** `lock`: the name of the Web Lock that the tab holds until it ends. */
  = | { type: 'hello', version: number, lock: string }
  /** The mutations that clients of the tab have sent through an earlier worker, and may repeat. */
    | { type: 'restore', url: string, calls: NumberedCall[] }
    | { type: 'open', link: number, url: string }
    | { type: 'send', link: number, texts: string[] }
    | { type: 'close', link: number }
  /** The worker then checks the connections that the tab uses. */
    | { type: 'pageEvent', event: PageEvent }
  /** `mayReturn`: whether the clients of the tab may connect again, and repeat their mutations. */
    | { type: 'bye', mayReturn: boolean }
    | TokenMessage

/** The messages of a tab about tokens. `need` is the tab's own number of one of its needs. */
export type TokenMessage
  = | { type: 'needToken', need: number, scope: string, session: string | null, current: string | null }
  /** The tab requests a token itself, without an answer of the worker. */
    | { type: 'takeOver', need: number }
    | { type: 'shareToken', need: number, session: string, token: string }
    | { type: 'tokenFailed', need: number }
    | { type: 'dropNeed', need: number }
  /** A token that was requested before this message must not answer a need of this tab. */
    | { type: 'doubtTokens' }
    | { type: 'forgetSession', session: string }

/** The messages of the worker. */
export type WorkerMessage
  /** `lock`: the name of the Web Lock that the worker holds until it ends. */
  = | { type: 'ready', lock: string }
    | { type: 'refused' }
    | { type: 'opened', link: number }
  /** `settled`: the calls that the client does not repeat after this message. */
    | { type: 'message', link: number, text: string, settled: CallId[] }
  /** Precedes the first attempt to send a mutation to the deployment. */
    | { type: 'numbered', url: string, call: NumberedCall }
    | { type: 'closed', link: number, code: number, reason: string }
    | { type: 'unshared', link: number }
    | { type: 'token', need: number, answer: TokenAnswer }

/** The parts of a `MessagePort` that are used. */
export interface Port {
  onmessage: ((event: MessageEvent) => void) | null
  postMessage: (message: unknown) => void
}
