import type { EngineOptions } from '../../../src/testing/engine/engine.ts'
import { Buffer } from 'node:buffer'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Engine } from '../../../src/testing/engine/engine.ts'
import { keyInterval } from '../../../src/testing/engine/index-key.ts'
import { openDatabase } from '../../../src/testing/engine/sqlite.ts'
import { engineRuns } from './runs.ts'

const WRITER = fileURLToPath(new URL('./killed-writer.ts', import.meta.url))

/** What the writer has printed about a commit. */
interface Commit {
  count: number
  ids: string[]
  timestamp: string
}

let root: string
let folder: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'engine-'))
  folder = join(root, 'data')
})

afterEach(() => {
  rmSync(root, { recursive: true, force: true })
})

function open(options: EngineOptions = {}): Engine {
  return Engine.open({ folder, ...options })
}

describe('engine with a folder', () => {
  it('loses no acknowledged commit when its process is killed', { timeout: 24 * 3600_000 }, async () => {
    const kills = engineRuns(200)
    let acknowledged = 0
    for (let round = 0; round < kills; round++) {
      // Ten rounds share a folder, so that the data of one round is still there in the next, and no folder grows too
      // large.
      folder = join(root, String(Math.floor(round / 10)))
      const commits = await writeUntilKilled(round)
      acknowledged += commits.length
      expectCommits(round, commits)
    }
    expect(acknowledged).toBeGreaterThan(kills)
  })

  it('keeps its data and table numbers when it is opened again, and continues its timestamps', () => {
    const first = open()
    first.defineIndexes('', { things: [{ name: 'by_name', fields: ['name'] }] })
    const transaction = first.begin()
    const id = transaction.insert(first.table('', 'things').number, { name: 'a' })
    const timestamp = first.commit(transaction)
    const document = transactionOf(first).get(id)
    first.close()

    // The clock of the machine has been set back.
    const second = open({ now: () => 1000 })
    const table = second.table('', 'things')
    expect(second.timestamp).toBe(timestamp)
    const later = second.begin()
    expect(later.get(id)!.json).toBe(document!.json)
    const found = later.scan(table.indexes.get('by_name')!, keyInterval(['a']), 'asc').next()
    expect(found.value?.document.id).toBe(id)
    const next = later.insert(table.number, { name: 'b' })
    expect(later.get(next)!.value._creationTime).toBeGreaterThan(document!.value._creationTime as number)
    expect(second.commit(later)).toBeGreaterThan(timestamp)
    second.close()
  })

  it('keeps its files and its answers to mutations when it is opened again', async () => {
    const first = open()
    const deleted = await first.files.write([Buffer.from('deleted')])
    const file = await first.files.write([Buffer.from('content')])
    const answer = { session: 's', request: 3, answer: '{}' }
    const timestamp = first.commit(first.begin(), { answer, deletedFiles: [deleted.key] })
    first.close()
    const second = open()
    expect(Buffer.concat([...second.files.read(file.key)]).toString()).toBe('content')
    expect(second.files.size(deleted.key)).toBeUndefined()
    expect(second.answers.find('s', 3)).toEqual({ answer: '{}', timestamp })
    second.close()
  })

  it('refuses a folder that another engine uses', () => {
    const first = open()
    expect(open).toThrow(/Another deployment uses the folder/)
    first.close()
    open().close()
  })

  it('refuses a folder with another format', () => {
    open().close()
    const database = openDatabase(join(folder, 'deployment.sqlite'))
    database.exec('PRAGMA user_version = 99')
    database.close()
    expect(open).toThrow(/written by another version/)
  })

  it('leaves a single file in the folder when it is closed', () => {
    open().close()
    expect(readdirSync(folder)).toEqual(['deployment.sqlite'])
  })
})

async function writeUntilKilled(round: number): Promise<Commit[]> {
  const writer = spawn(process.execPath, [WRITER, folder, String(round)], { stdio: ['ignore', 'pipe', 'pipe'] })
  let [output, errors] = ['', '']
  writer.stdout.on('data', chunk => output += chunk)
  writer.stderr.on('data', chunk => errors += chunk)
  const closed = once(writer, 'close')
  await Promise.race([once(writer.stdout, 'data'), closed])
  await delay(Math.random() * 60)
  writer.kill('SIGKILL')
  await closed
  expect(errors).toBe('')
  // The last line may be cut off.
  return output.split('\n').slice(0, -1).map(line => JSON.parse(line) as Commit)
}

function expectCommits(round: number, commits: readonly Commit[]): void {
  const engine = open()
  const transaction = engine.begin()
  const last = commits.at(-1)!
  expect(engine.timestamp).toBeGreaterThanOrEqual(BigInt(last.timestamp))
  const lost = commits.filter(({ count, ids, timestamp }) => {
    const answer = engine.answers.find(String(round), count)
    return ids.some(id => transaction.get(id)?.value.count !== count) || String(answer?.timestamp) !== timestamp
  })
  expect(lost).toEqual([])
  expectWholeCommits(engine, round, last.count)
  engine.end(transaction)
  engine.close()
}

/**
 * Checks that the data contains no part of a commit without the rest, and that all indexes contain the same documents.
 */
function expectWholeCommits(engine: Engine, round: number, lastCount: number): void {
  const transaction = engine.begin()
  const table = engine.table('', 'counters')
  const halves = new Map<number, number>()
  for (const { document } of transaction.scan(table.indexes.get('by_round')!, keyInterval([round]), 'asc')) {
    const count = document.value.count as number
    halves.set(count, (halves.get(count) ?? 0) + 1)
  }
  expect([...halves].filter(([count, documents]) => documents !== (count % 3 === 0 ? 1 : 2))).toEqual([])
  expect(halves.size).toBeGreaterThan(lastCount)
  const numbers = [...table.indexes.values()]
    .map(index => [...transaction.scan(index, keyInterval([]), 'asc')].length)
  expect(new Set(numbers).size).toBe(1)
  engine.end(transaction)
}

function transactionOf(engine: Engine): ReturnType<Engine['begin']> {
  return engine.begin()
}
