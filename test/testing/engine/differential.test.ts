import type { Engine as EngineType } from '../../../src/testing/engine/engine.ts'
import type { EngineTransaction } from '../../../src/testing/engine/transaction.ts'
import type { Operation, Subject } from './programs.ts'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Engine } from '../../../src/testing/engine/engine.ts'
import { Oracle } from './oracle.ts'
import { expectSameData, INDEXES, operations, perform } from './programs.ts'
import { engineRuns } from './runs.ts'

/** The steps of a program. `nest` is a group of steps whose writes are undone or kept. */
type Step
  = | { do: 'operate', operation: Operation }
    | { do: 'nest', steps: Step[], isUndone: boolean }
    | { do: 'commit' | 'end' }
  /** A transaction that begins here must not see the writes of later steps. */
    | { do: 'openReader' | 'closeReader' }

const { step } = fc.letrec<{ step: Step }>(tie => ({
  step: fc.oneof(
    { weight: 12, arbitrary: fc.record({ do: fc.constant('operate' as const), operation: operations }) },
    { weight: 2, arbitrary: fc.record({
      do: fc.constant('nest' as const),
      steps: fc.array(tie('step'), { maxLength: 5 }) as fc.Arbitrary<Step[]>,
      isUndone: fc.boolean(),
    }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('commit' as const, 'end' as const) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('openReader' as const, 'closeReader' as const) }) },
  ),
}))
const programs = fc.array(step, { maxLength: 40, size: 'max' })

class Undo extends Error {}

/** Runs a program on the engine and on the oracle. */
class Program {
  readonly #engine: EngineType = Engine.open()
  readonly #readers: { subject: Subject, transaction: EngineTransaction }[] = []
  #committed = new Oracle()
  #transaction: EngineTransaction
  #oracle: Oracle

  constructor() {
    this.#engine.defineIndexes('', INDEXES)
    this.#transaction = this.#engine.begin()
    this.#oracle = this.#committed.copy()
  }

  async run(steps: readonly Step[]): Promise<void> {
    for (const step of steps)
      await this.#run(step, false)
    this.#finish('commit')
    for (const { subject } of this.#readers)
      expectSameData(subject)
    this.#engine.close()
  }

  async #run(step: Step, isNested: boolean): Promise<void> {
    switch (step.do) {
      case 'operate':
        return perform(this.#subject(this.#transaction, this.#oracle), step.operation)
      case 'nest':
        return await this.#nest(step.steps, step.isUndone)
      case 'commit':
      case 'end':
        if (!isNested)
          this.#finish(step.do)
        return
      case 'openReader': {
        const transaction = this.#engine.begin()
        this.#readers.push({ subject: this.#subject(transaction, this.#committed.copy()), transaction })
        return
      }
      case 'closeReader': {
        const reader = this.#readers.shift()
        if (reader) {
          expectSameData(reader.subject)
          this.#engine.end(reader.transaction)
        }
        return
      }
      default:
        step satisfies never
    }
  }

  async #nest(steps: readonly Step[], isUndone: boolean): Promise<void> {
    const before = this.#oracle.copy()
    const body = async (): Promise<void> => {
      for (const step of steps)
        await this.#run(step, true)
      if (isUndone)
        throw new Undo()
    }
    await this.#transaction.nested(body).catch((error) => {
      if (!(error instanceof Undo))
        throw error
      this.#oracle = before
    })
  }

  #finish(how: 'commit' | 'end'): void {
    expectSameData(this.#subject(this.#transaction, this.#oracle))
    if (how === 'commit') {
      this.#engine.commit(this.#transaction)
      this.#committed = this.#oracle
    }
    else {
      this.#engine.end(this.#transaction)
    }
    this.#transaction = this.#engine.begin()
    this.#oracle = this.#committed.copy()
    expectSameData(this.#subject(this.#transaction, this.#oracle))
  }

  #subject(transaction: EngineTransaction, oracle: Oracle): Subject {
    return { table: this.#engine.table('', 'things'), transaction, oracle }
  }
}

describe('engine', () => {
  it('returns the same as a naive database of sorted lists, for random programs', { timeout: 24 * 3600_000 }, async () => {
    await fc.assert(fc.asyncProperty(programs, async (steps) => {
      await new Program().run(steps)
    }), { numRuns: engineRuns(10_000) })
    expect.hasAssertions()
  })
})
