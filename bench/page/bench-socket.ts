import type { JSONValue } from 'convex/values'

/** A subscribed query. */
export interface WireQuery {
  id: number
  name: string
  args: { i: number }
}

interface Version {
  querySet: number
  identity: number
  ts: bigint
}

/**
 * The server's side of the sync protocol, inside the page. While the clock runs, it only stores
 * messages. {@link read} parses the messages that were sent, and {@link answer} writes the messages
 * to receive, both outside of the measured time.
 */
export class BenchSocket {
  /** The newest socket. */
  static current: BenchSocket
  readyState = 0
  onopen: (() => void) | null = null
  onmessage: ((event: { data: string }) => void) | null = null
  onclose: ((event: { code: number, reason: string }) => void) | null = null
  onerror: (() => void) | null = null
  readonly queries = new Map<number, WireQuery>()
  /** The number of parsed messages that change queries. */
  messages = 0
  #unread: string[] = []
  #removed: number[] = []
  #wanted: Version = { querySet: 0, identity: 0, ts: 0n }
  #sent: Version = { querySet: 0, identity: 0, ts: 0n }

  constructor() {
    BenchSocket.current = this
    queueMicrotask(() => {
      this.readyState = 1
      this.onopen?.()
    })
  }

  send(text: string): void {
    this.#unread.push(text)
  }

  close(): void {
    this.readyState = 3
    queueMicrotask(() => this.onclose?.({ code: 1000, reason: '' }))
  }

  /**
   * Applies the messages since the last call, and returns the added queries that were not removed
   * again.
   */
  read(): WireQuery[] {
    const added: number[] = []
    for (const text of this.#unread) {
      const frame = JSON.parse(text)
      if (frame.type === 'Authenticate')
        this.#wanted.identity = frame.baseVersion + 1
      if (frame.type !== 'ModifyQuerySet')
        continue
      this.messages++
      this.#wanted.querySet = frame.newVersion
      for (const { type, queryId, udfPath, args } of frame.modifications) {
        if (type === 'Add') {
          this.queries.set(queryId, { id: queryId, name: udfPath, args: args[0] })
          added.push(queryId)
        }
        else {
          this.queries.delete(queryId)
          this.#removed.push(queryId)
        }
      }
    }
    this.#unread = []
    return added.flatMap(id => this.queries.get(id) ?? [])
  }

  /**
   * Returns the message of one transition with these results and all removed queries. The client
   * must receive transitions in the order of the calls.
   */
  answer(queries: WireQuery[], valueOf: (query: WireQuery) => JSONValue): string {
    this.#wanted.ts++
    const results = queries.map(query => ({ type: 'QueryUpdated', queryId: query.id, value: valueOf(query), logLines: [], journal: null }))
    const removals = this.#removed.map(queryId => ({ type: 'QueryRemoved', queryId }))
    this.#removed = []
    const text = JSON.stringify({
      type: 'Transition',
      startVersion: encode(this.#sent),
      endVersion: encode(this.#wanted),
      modifications: [...removals, ...results],
    })
    this.#sent = { ...this.#wanted }
    return text
  }

  receive(text: string): void {
    this.onmessage!({ data: text })
  }
}

function encode({ querySet, identity, ts }: Version): JSONValue {
  const bytes = new Uint8Array(new BigUint64Array([ts]).buffer)
  return { querySet, identity, ts: btoa(String.fromCharCode(...bytes)) }
}
