/** The log as `npx convex logs` reads it. */
import type { JSONValue } from 'convex/values'
import type { LogEntry } from '../log.ts'
import { clearTimeout, setTimeout } from 'node:timers'

/** The greatest number of kept entries, so that the memory of a deployment is limited. */
const KEPT_ENTRIES = 1_000
/** A request is answered after this time, even if there are no new entries. */
const LONGEST_WAIT_MS = 10_000

const KIND = { query: 'Query', mutation: 'Mutation', action: 'Action', http: 'HttpAction' }

type FunctionEntry = LogEntry & { kind: keyof typeof KIND }

/** A part of the log, and the position at which the next request continues. */
export interface LogPage {
  entries: JSONValue[]
  newCursor: number
}

export class LogStream {
  readonly #entries: { position: number, entry: FunctionEntry }[] = []
  readonly #waiting = new Set<() => void>()
  #position = 0

  add(entry: LogEntry): void {
    if (!isFunctionEntry(entry))
      return
    this.#position += 1
    this.#entries.push({ position: this.#position, entry })
    if (this.#entries.length > KEPT_ENTRIES)
      this.#entries.shift()
    this.#waiting.forEach(wake => wake())
    this.#waiting.clear()
  }

  /**
   * The entries after a position. The first request, with 0, receives all entries at once. Later
   * requests wait for new entries.
   */
  async read(cursor: number): Promise<LogPage> {
    if (cursor > 0 && cursor >= this.#position)
      await this.#wait()
    const entries = this.#entries.filter(({ position }) => position > cursor).map(({ entry }) => describe(entry))
    // With the position 0, the next request would count as a first request.
    return { entries, newCursor: Math.max(this.#position, 0.5) }
  }

  async #wait(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, LONGEST_WAIT_MS)
      this.#waiting.add(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }
}

function isFunctionEntry(entry: LogEntry): entry is FunctionEntry {
  return entry.kind !== 'socket'
}

function describe({ kind, at, name, outcome, detail, durationMs, logLines }: FunctionEntry): JSONValue {
  const common = {
    kind: 'Completion',
    udfType: KIND[kind],
    identifier: name,
    timestamp: at / 1000,
    executionTime: (durationMs ?? 0) / 1000,
    cachedResult: false,
    logLines,
  }
  if (outcome === 'success')
    return { ...common, success: null, error: null }
  return { ...common, error: detail }
}
