import type { EngineTransaction } from '../../../src/testing/engine/transaction.ts'
import type { Order, TableInfo } from '../../../src/testing/engine/types.ts'
import type { OracleDocument, Range } from './oracle.ts'
import type { MaybeValue } from './values.ts'
import * as fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { ConflictError } from '../../../src/testing/engine/conflict-error.ts'
import { Engine } from '../../../src/testing/engine/engine.ts'
import { ReadSet } from '../../../src/testing/engine/read-set.ts'
import { Oracle } from './oracle.ts'
import { fieldValues, INDEXES, intervalOf, ranges } from './programs.ts'
import { engineRuns } from './runs.ts'

/** A step of a transaction. The written values depend on the last value that the transaction has read. */
type Step
  = | { do: 'get' | 'delete' | 'patch', document: number }
    | { do: 'insert', value: MaybeValue }
    | { do: 'scan', range: Range, order: Order, rows: number }

interface History {
  initial: number
  transactions: { steps: Step[], nestedFrom: number, isUndone: boolean }[]
  /** Which of the transactions makes its next step. */
  turns: number[]
}

const documents = fc.nat(5)
const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom('get' as const, 'delete' as const), document: documents }),
  fc.record({ do: fc.constant('patch' as const), document: documents }),
  fc.record({ do: fc.constant('insert' as const), value: fieldValues }),
  fc.record({
    do: fc.constant('scan' as const),
    range: ranges,
    order: fc.constantFrom<Order>('asc', 'desc'),
    rows: fc.nat(4),
  }),
)
const histories: fc.Arbitrary<History> = fc.record({
  initial: fc.nat(4),
  transactions: fc.array(
    fc.record({ steps: fc.array(steps, { maxLength: 6 }), nestedFrom: fc.nat(8), isUndone: fc.boolean() }),
    { minLength: 2, maxLength: 5 },
  ),
  turns: fc.array(fc.nat(), { minLength: 40, maxLength: 40 }),
})

/** What a transaction did, so that it can be done again on the oracle. */
type Event
  = | { read: 'get', id: string, result: unknown }
    | ScanEvent
    | { write: string, document: OracleDocument | null }

interface ScanEvent {
  read: 'scan'
  range: Range
  order: Order
  result: unknown[]
  isComplete: boolean
}

interface Outcome {
  events: Event[]
  /** When the transaction was committed, or the snapshot if it wrote nothing. */
  timestamp: bigint
  hasWritten: boolean
}

class Undo extends Error {}

/** Lets concurrent transactions make their steps in the order of the turns. */
class HistoryRun {
  readonly #engine = Engine.open()
  readonly #table: TableInfo
  readonly #ids: string[] = []
  readonly #waiting: (() => void)[] = []
  readonly outcomes: Outcome[] = []
  conflicts = 0

  readonly history: History

  constructor(history: History) {
    this.history = history
    this.#engine.defineIndexes('', INDEXES)
    this.#table = this.#engine.table('', 'things')
  }

  async run(): Promise<void> {
    const setup = this.#engine.begin()
    const events: Event[] = []
    for (let index = 0; index < this.history.initial; index++)
      this.#step(setup, { do: 'insert', value: index % 3 }, events, { last: undefined })
    this.outcomes.push({ events, timestamp: this.#engine.commit(setup), hasWritten: true })

    const running = this.history.transactions.map(transaction => this.#run(transaction))
    const turns = [...this.history.turns]
    for (;;) {
      await settle()
      if (this.#waiting.length === 0)
        break
      const [proceed] = this.#waiting.splice((turns.shift() ?? 0) % this.#waiting.length, 1)
      proceed!()
    }
    await Promise.all(running)
  }

  /** Compares what the committed transactions read with one run of them in the order of commits. */
  check(): void {
    const oracle = new Oracle()
    const serial = this.outcomes.toSorted((a, b) =>
      // A transaction without writes is replayed after the commit whose timestamp it has read.
      Number(a.timestamp - b.timestamp) || Number(b.hasWritten) - Number(a.hasWritten))
    for (const { events } of serial)
      replay(oracle, this.#table, events)
    const transaction = this.#engine.begin()
    for (const document of oracle.documents.values())
      expect(transaction.get(document._id)?.value).toEqual(document)
    for (const index of this.#table.indexes.values()) {
      const rows = [...transaction.scan(index, { start: new Uint8Array(), end: null }, 'asc')]
      expect(rows.map(row => row.document.id)).toEqual(oracle.ids(index))
    }
    this.#engine.close()
  }

  async #run({ steps, nestedFrom, isUndone }: History['transactions'][number]): Promise<void> {
    await this.#turn()
    const transaction = this.#engine.begin()
    const events: Event[] = []
    const reads = { last: undefined as MaybeValue }
    const perform = async (steps: readonly Step[]): Promise<void> => {
      for (const step of steps) {
        await this.#turn()
        this.#step(transaction, step, events, reads)
      }
    }
    await perform(steps.slice(0, nestedFrom))
    const undoFrom = events.length
    await transaction.nested(async () => {
      await perform(steps.slice(nestedFrom))
      if (isUndone)
        throw new Undo()
    }).catch((error) => {
      if (!(error instanceof Undo))
        throw error
      events.splice(undoFrom, events.length, ...nestedReads(events.slice(undoFrom)))
    })
    await this.#turn()
    try {
      const hasWritten = events.some(event => 'write' in event)
      this.outcomes.push({ events, timestamp: this.#engine.commit(transaction), hasWritten })
    }
    catch (error) {
      if (!(error instanceof ConflictError))
        throw error
      this.conflicts++
    }
  }

  #step(transaction: EngineTransaction, step: Step, events: Event[], reads: { last: MaybeValue }): void {
    if (step.do === 'insert') {
      const id = transaction.insert(this.#table.number, { a: step.value, b: { c: reads.last } })
      this.#ids.push(id)
      events.push({ write: id, document: { ...transaction.get(id)!.value, _id: id } })
      return
    }
    if (step.do === 'scan') {
      const { range, order } = step
      const scan = transaction.scan(this.#table.indexes.get(range.index)!, intervalOf(range), order)
      const result: unknown[] = []
      let isComplete = false
      while (result.length < step.rows && !isComplete) {
        const next = scan.next()
        if (next.done)
          isComplete = true
        else
          result.push(next.value.document.value)
      }
      reads.last = result.length
      events.push({ read: 'scan', range, order, result, isComplete })
      return
    }
    const id = this.#ids[step.document % this.#ids.length]
    if (id === undefined)
      return
    const document = transaction.get(id)
    events.push({ read: 'get', id, result: document?.value ?? null })
    if (!document || step.do === 'get') {
      reads.last = document?.value.a
      return
    }
    if (step.do === 'patch')
      transaction.patch(id, { a: reads.last, b: { c: document.value.a } })
    else
      transaction.delete(id)
    events.push({ write: id, document: (transaction.get(id)?.value ?? null) as OracleDocument | null })
  }

  #turn(): Promise<void> {
    return new Promise(resolve => this.#waiting.push(resolve))
  }
}

function replay(oracle: Oracle, table: TableInfo, events: readonly Event[]): void {
  for (const event of events) {
    if ('write' in event)
      oracle.write(event.write, event.document)
    else if (event.read === 'get')
      expect(event.result).toEqual(oracle.documents.get(event.id) ?? null)
    else
      replayScan(oracle, table, event)
  }
}

function replayScan(oracle: Oracle, table: TableInfo, event: ScanEvent): void {
  const { range, order, result, isComplete } = event
  let position: OracleDocument | undefined
  for (const document of result) {
    position = oracle.next(table, range, order, position)
    expect(document).toEqual(position)
  }
  if (isComplete)
    expect(oracle.next(table, range, order, position)).toBeUndefined()
}

/** The reads of a part that was undone. Reads of its own writes do not depend on the database. */
function nestedReads(events: readonly Event[]): Event[] {
  const firstWrite = events.findIndex(event => 'write' in event)
  return firstWrite === -1 ? [...events] : events.slice(0, firstWrite)
}

/** Waits until all transactions wait for their turns. */
async function settle(): Promise<void> {
  for (let count = 0; count < 8; count++)
    await Promise.resolve()
}

describe('Engine.commit', () => {
  afterEach(() => {
    vi.restoreAllMocks()
  })

  it('lets concurrent transactions have the same results as in some serial order', { timeout: 24 * 3600_000 }, async () => {
    let commits = 0
    let conflicts = 0
    await fc.assert(fc.asyncProperty(histories, async (history) => {
      const run = new HistoryRun(history)
      await run.run()
      run.check()
      commits += run.outcomes.length
      conflicts += run.conflicts
    }), { numRuns: engineRuns(5000) })
    // The test proves something only if enough transactions conflict with each other.
    expect(conflicts).toBeGreaterThan(commits / 50)
  })

  it('would allow results that match no serial order if it did not check for conflicts', async () => {
    vi.spyOn(ReadSet.prototype, 'isAffectedBy').mockReturnValue(false)
    const anomalies = fc.assert(fc.asyncProperty(histories, async (history) => {
      const run = new HistoryRun(history)
      await run.run()
      run.check()
    }), { numRuns: 500, endOnFailure: true })
    await expect(anomalies).rejects.toThrow(/Property failed/)
  })
})
