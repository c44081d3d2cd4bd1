import { vi } from 'vitest'

/** A `BroadcastChannel` that fake timers do not hold up, and all that has been said on it. */
export function stubBroadcastChannel(): { messages: { channel: string, data: unknown }[], openCount: () => number } {
  const channels = new Set<FakeChannel>()
  const messages: { channel: string, data: unknown }[] = []

  class FakeChannel {
    onmessage: ((event: { data: unknown }) => void) | null = null

    readonly name: string

    constructor(name: string) {
      this.name = name
      channels.add(this)
    }

    postMessage(data: unknown): void {
      if (!channels.has(this))
        throw new DOMException('Channel is closed', 'InvalidStateError')
      messages.push({ channel: this.name, data: structuredClone(data) })
      for (const other of channels) {
        if (other !== this && other.name === this.name)
          queueMicrotask(() => channels.has(other) && other.onmessage?.({ data: structuredClone(data) }))
      }
    }

    close(): void {
      channels.delete(this)
    }
  }
  vi.stubGlobal('BroadcastChannel', FakeChannel)
  return { messages, openCount: () => channels.size }
}
