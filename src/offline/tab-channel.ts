/** The messages between the tabs in which the same user is signed in. */
import type { Value } from 'convex/values'
import type { StoredError } from './stored-error.ts'

export type TabMessage
  /** The database has changed. */
  = | { type: 'changed' }
  /** A tab has been opened, and needs the keys of all calls that the sender has sent. */
    | { type: 'opened' }
  /** The keys of all calls that the sender has sent. */
    | { type: 'sent', keys: string[] }
  /** A call has run, failed, or was discarded. */
    | { type: 'settled', key: string, outcome: Outcome }
  /** A tab that is not the sender requests that the sender discards a call. */
    | { type: 'discard', key: string }
    | { type: 'discardAnswer', key: string, isDiscarded: boolean }

export type Outcome = { kind: 'result', value: Value } | { kind: 'error', error: StoredError }

export interface TabChannel {
  /** Sends a message to the other tabs, and not to this one. */
  post: (message: TabMessage) => void
  close: () => void
}

export function openTabChannel(name: string, receive: (message: TabMessage) => void): TabChannel {
  const channel = new BroadcastChannel(name)
  const onMessage = (event: Event): void => receive((event as MessageEvent<TabMessage>).data)
  channel.addEventListener('message', onMessage)
  return {
    post: message => channel.postMessage(message),
    close() {
      channel.removeEventListener('message', onMessage)
      channel.close()
    },
  }
}
