import type { JSONValue } from 'convex/values'
import { Buffer } from 'node:buffer'

/** A WebSocket in this process that says only what the benchmark makes it say, so that nothing but the client is measured. */
export class BenchSocket {
  static readonly opened: BenchSocket[] = []
  readyState = 0
  onopen: (() => void) | null = null
  onmessage: ((event: { data: string }) => void) | null = null
  onclose: ((event: { code: number, reason: string }) => void) | null = null
  onerror: (() => void) | null = null
  /** The ids of the subscribed queries, by their serialized arguments. */
  readonly queryIds = new Map<string, number>()
  #querySet = 0
  #sent = { querySet: 0, identity: 0, ts: 0n }
  #ts = 0n

  constructor() {
    BenchSocket.opened.push(this)
    queueMicrotask(() => {
      this.readyState = 1
      this.onopen?.()
    })
  }

  send(text: string): void {
    const frame = JSON.parse(text)
    if (frame.type !== 'ModifyQuerySet')
      return
    this.#querySet = frame.newVersion
    for (const modification of frame.modifications) {
      if (modification.type === 'Add')
        this.queryIds.set(JSON.stringify(modification.args[0]), modification.queryId)
      else
        this.queryIds.forEach((id, key) => id === modification.queryId && this.queryIds.delete(key))
    }
  }

  close(): void {
    this.readyState = 3
    queueMicrotask(() => this.onclose?.({ code: 1000, reason: '' }))
  }

  /** The text of one transition with these results. */
  transition(results: [queryId: number, value: JSONValue][]): string {
    const endVersion = { querySet: this.#querySet, identity: 0, ts: ++this.#ts }
    const encode = ({ querySet, identity, ts }: typeof endVersion): JSONValue => ({ querySet, identity, ts: encodeTs(ts) })
    const text = JSON.stringify({
      type: 'Transition',
      startVersion: encode(this.#sent),
      endVersion: encode(endVersion),
      modifications: results.map(([queryId, value]) => ({ type: 'QueryUpdated', queryId, value, logLines: [], journal: null })),
    })
    this.#sent = endVersion
    return text
  }
}

function encodeTs(ts: bigint): string {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(ts)
  return bytes.toString('base64')
}
