/** Informs the other tabs of the app when the results of an owner have been deleted. */
import type { Owner } from './result-database.ts'

export interface Tabs {
  announce: (owner: Owner) => void
  close: () => void
}

/** In browsers without `BroadcastChannel`, the other tabs detect a sign-out themselves. */
export function connectTabs(name: string, onDeleted: (owner: unknown) => void): Tabs {
  let channel: BroadcastChannel | undefined
  try {
    channel = new BroadcastChannel(name)
  }
  catch {}
  const onMessage = ({ data }: MessageEvent<unknown>): void => onDeleted(data)
  channel?.addEventListener('message', onMessage)
  return {
    announce: owner => channel?.postMessage(owner),
    close() {
      channel?.removeEventListener('message', onMessage)
      channel?.close()
    },
  }
}
