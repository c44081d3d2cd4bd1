import { vi } from 'vitest'

interface ChannelStub {
  /** Every message that was posted, in order. */
  messages: { channel: string, data: unknown }[]
  openCount: () => number
}

/**
 * Replaces `BroadcastChannel` by one that delivers in a microtask, so that fake timers do not delay
 * messages.
 */
export function stubBroadcastChannel(): ChannelStub {
  const channels = new Set<FakeChannel>()
  const messages: ChannelStub['messages'] = []

  class FakeChannel extends EventTarget {
    readonly name: string

    constructor(name: string) {
      super()
      this.name = name
      channels.add(this)
    }

    postMessage(data: unknown): void {
      if (!channels.has(this))
        throw new DOMException('Channel is closed', 'InvalidStateError')
      messages.push({ channel: this.name, data: structuredClone(data) })
      for (const other of channels) {
        if (other !== this && other.name === this.name)
          queueMicrotask(() => other.#deliver(structuredClone(data)))
      }
    }

    close(): void {
      channels.delete(this)
    }

    #deliver(data: unknown): void {
      if (channels.has(this))
        this.dispatchEvent(new MessageEvent('message', { data }))
    }
  }
  vi.stubGlobal('BroadcastChannel', FakeChannel)
  return { messages, openCount: () => channels.size }
}
