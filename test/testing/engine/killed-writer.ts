/** A process that commits without end and prints what it has committed. A test kills it. */
import { Buffer } from 'node:buffer'
import { writeSync } from 'node:fs'
import process from 'node:process'
import { Engine } from '../../../src/testing/engine/engine.ts'

const [folder, round] = process.argv.slice(2) as [string, string]
const engine = Engine.open({ folder })
engine.defineIndexes('', { counters: [{ name: 'by_round', fields: ['round', 'count'] }] })
const { number } = engine.table('', 'counters')
const waiting = new Int32Array(new SharedArrayBuffer(4))

for (let count = 0; ; count++) {
  const transaction = engine.begin()
  // Both documents have to be there, or none of them. The padding fills the log of SQLite.
  const ids = ['first', 'second'].map(half => transaction.insert(number, {
    round: Number(round),
    count,
    half,
    padding: 'x'.repeat(count % 5 * 1000),
  }))
  const deleted = count % 3 === 0
  if (deleted)
    transaction.delete(ids[0]!)
  const timestamp = engine.commit(transaction, { answer: { session: round, request: count, answer: String(count) } })
  // Synchronous: what the test reads was committed before.
  print(`${JSON.stringify({ count, ids: ids.slice(deleted ? 1 : 0), timestamp: String(timestamp) })}\n`)
}

/** Waits while the pipe is full, since a test on a busy machine reads slower than this process writes. */
function print(line: string): void {
  let rest = Buffer.from(line)
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest))
    }
    catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN')
        throw error
      Atomics.wait(waiting, 0, 0, 1)
    }
  }
}
