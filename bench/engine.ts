/**
 * Measures the speed of the engine of the embedded deployment: `node --expose-gc bench/engine.ts`.
 */
import type { EngineTransaction } from '../src/testing/engine/transaction.ts'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { Engine } from '../src/testing/engine/engine.ts'
import { keyInterval } from '../src/testing/engine/index-key.ts'

/**
 * The limits of the medians with 100,000 documents in memory. The benchmark fails if a median
 * exceeds its limit.
 */
const LIMITS: Record<string, number> = {
  'get, ms': 0.05,
  'one row by index, ms': 0.2,
  'insert and commit, ms': 0.3,
  'patch and commit, ms': 0.3,
  'fill, s': 10,
  'memory, MiB': 200,
}
const BATCH = 1000
/** How many documents have the same value in the index. */
const BUCKET = 100
const ROUNDS = 2000
const SUBSCRIPTIONS = 1000

const folder = mkdtempSync(join(tmpdir(), 'engine-'))
const results = {
  // Measured first, since the memory of the whole process is measured.
  '100,000 in memory': measure(100_000),
  '100 in memory': measure(100),
  '100,000 on disk': measure(100_000, folder),
}
rmSync(folder, { recursive: true })
console.table(transposed(results))

const exceeded = Object.entries(LIMITS).filter(([name, limit]) => results['100,000 in memory'][name]! > limit)
if (exceeded.length > 0) {
  console.error('Too slow:', exceeded.map(([name]) => name).join('; '))
  process.exitCode = 1
}

function measure(documents: number, folder?: string): Record<string, number> {
  const engine = Engine.open({ folder })
  engine.defineIndexes('', { things: [{ name: 'by_bucket', fields: ['bucket'] }] })
  const table = engine.table('', 'things')
  const byBucket = table.indexes.get('by_bucket')!
  const byTime = table.indexes.get('by_creation_time')!
  const newDocument = (): { bucket: number, author: string, text: string } =>
    ({ bucket: random(documents / BUCKET), author: 'somebody', text: 'A message of some length. '.repeat(3) })

  const begin = performance.now()
  const ids: string[] = []
  for (let first = 0; first < documents; first += BATCH) {
    const transaction = engine.begin()
    for (let count = 0; count < Math.min(BATCH, documents); count++)
      ids.push(transaction.insert(table.number, newDocument()))
    engine.commit(transaction)
  }
  const fill = (performance.now() - begin) / 1000
  globalThis.gc?.()

  const read = (body: (transaction: EngineTransaction) => unknown) => () => {
    const transaction = engine.begin()
    body(transaction)
    engine.end(transaction)
  }
  const write = (body: (transaction: EngineTransaction) => unknown) => () => {
    const transaction = engine.begin()
    body(transaction)
    engine.commit(transaction)
  }
  const bucket = (): number => random(documents / BUCKET)
  const insert = write(transaction => transaction.insert(table.number, newDocument()))
  const medians: Record<string, number> = {
    'fill, s': fill,
    'memory, MiB': process.memoryUsage().rss / 2 ** 20,
    'get, ms': median(read(transaction => transaction.get(ids[random(documents)]!)!.value)),
    'one row by index, ms': median(read(transaction => transaction.scan(byBucket, keyInterval([bucket()]), 'asc', 1).next())),
    '100 rows by index, ms': median(read(transaction => [...transaction.scan(byBucket, keyInterval([bucket()]), 'asc')])),
    'the last row, ms': median(read(transaction => transaction.scan(byTime, keyInterval([]), 'desc', 1).next())),
    'insert and commit, ms': median(insert),
    'patch and commit, ms': median(write(transaction => transaction.patch(ids[random(documents)]!, { bucket: bucket() }))),
  }
  for (let count = 0; count < SUBSCRIPTIONS; count++) {
    const transaction = engine.begin()
    Array.from(transaction.scan(byBucket, keyInterval([-count - 1]), 'asc'))
    engine.subscribe(transaction, () => {})
  }
  medians[`insert beside ${SUBSCRIPTIONS} subscriptions, ms`] = median(insert)
  engine.close()
  return medians
}

function median(body: () => void): number {
  const times = Array.from({ length: ROUNDS }, () => {
    const begin = performance.now()
    body()
    return performance.now() - begin
  })
  return times.sort((a, b) => a - b)[ROUNDS / 2]!
}

function random(below: number): number {
  return Math.floor(Math.random() * below)
}

/** Returns a table with a row for each measurement and a column for each size. */
function transposed(columns: Record<string, Record<string, number>>): Record<string, Record<string, string>> {
  const [first] = Object.values(columns)
  return Object.fromEntries(Object.keys(first!).map(name => [
    name,
    Object.fromEntries(Object.entries(columns).map(([column, values]) => [column, values[name]!.toFixed(3)])),
  ]))
}
