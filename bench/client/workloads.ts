import type { WorkloadName } from '../page/bench.ts'
import type { BenchPage } from './bench-page.ts'
import type { Results } from './results.ts'
import type { BenchSubject } from './subjects.ts'
import { median } from './results.ts'

/** A workload, as it is measured and shown. */
export interface Plan {
  workload: WorkloadName
  /** With the size of what is sent. */
  title: string
  /** What each step is called in the table, in the order in which they run. */
  steps: Record<string, string>
  /** How many components. */
  sizes: number[]
  rounds: (n: number) => number
}

export interface OpenedSubject {
  subject: BenchSubject
  page: BenchPage
}

/** Heap bytes per subscription. */
export interface Memory {
  held: number
  left: number
}

const byItems = (n: number): number => n >= 10_000 ? 9 : n >= 1_000 ? 21 : 41
const WARM_UP_ROUNDS = 3
const MEMORY_ROUNDS = 3

export const PLANS: Plan[] = [
  {
    workload: 'fan-in',
    title: 'Fan-in: n components show one query, a document of 100 bytes',
    steps: { 'mount': 'mount, up to the first result', 'all': 'an update of all', 'unmount': 'unmount', 'unmount-at-once': 'unmount, with lingerMs: 0' },
    sizes: [100, 1_000, 10_000],
    rounds: byItems,
  },
  {
    workload: 'fan-out',
    title: 'Fan-out: n components show n queries, a document of 100 bytes each',
    steps: {
      'mount': 'mount, up to the first results',
      'all': 'a transition that changes all',
      'one': 'a transition that changes one',
      'unmount': 'unmount',
      'unmount-at-once': 'unmount, with lingerMs: 0',
    },
    sizes: [100, 1_000, 10_000],
    rounds: byItems,
  },
  {
    workload: 'list',
    title: 'A list of 1,000 rows in one query, 200 bytes a row, with a component a row',
    steps: { mount: 'mount, up to the rows', one: 'one row changed', same: 'the same list again', all: 'all rows changed' },
    sizes: [1_000],
    rounds: () => 31,
  },
  {
    workload: 'churn',
    title: 'Arguments changed 1,000 times in one component, a document of 100 bytes each',
    steps: { equal: 'equal arguments in a new object', new: 'new arguments' },
    sizes: [1],
    rounds: () => 5,
  },
  {
    workload: 'tearing',
    title: 'Tearing: 100 transitions change two queries that one component shows',
    steps: { update: '100 double updates' },
    sizes: [2],
    rounds: () => 5,
  },
]

/** Runs the subjects in turn, in changing order, so that all feel the same noise. */
export async function measureRounds(opened: OpenedSubject[], plan: Plan, sizes: number[], results: Results): Promise<void> {
  for (const n of sizes) {
    for (let round = -WARM_UP_ROUNDS; round < plan.rounds(n); round++) {
      for (const { subject, page } of inOrderOf(round, opened)) {
        const record = (step: string, sample: Parameters<Results['add']>[4]): void => {
          if (round >= 0)
            results.add(plan.workload, step, n, subject.id, sample)
        }
        await runRound(page, subject, plan, n, record)
      }
    }
  }
}

/** One round: the steps in their order, in a session of their own. */
export async function runRound(
  page: BenchPage,
  subject: BenchSubject,
  plan: Plan,
  n: number,
  record: (step: string, sample: Awaited<ReturnType<BenchPage['step']>>) => void,
  around: (step: string, run: () => ReturnType<BenchPage['step']>) => ReturnType<BenchPage['step']> = (_step, run) => run(),
): Promise<void> {
  const step = async (name: string): Promise<Awaited<ReturnType<BenchPage['step']>>> => await around(name, () => page.step(name))
  await page.open(plan.workload, n)
  for (const name of Object.keys(plan.steps).filter(name => name !== 'unmount-at-once')) {
    const sample = await step(name)
    record(name, sample)
    if (name === 'unmount' && subject.id !== 'convue') {
      assertNothingLeft(subject, sample.counts!.left!)
      record('unmount-at-once', sample)
    }
  }
  await page.close()

  if ('unmount-at-once' in plan.steps && subject.id === 'convue') {
    await page.open(plan.workload, n, { lingerMs: 0 })
    await page.step('mount')
    const sample = await around('unmount-at-once', () => page.step('unmount'))
    assertNothingLeft(subject, sample.counts!.left!)
    record('unmount-at-once', sample)
    await page.close()
  }
}

/** What a subscription, with its component, takes of the heap; and what is left of it after unmounting. */
export async function measureMemory(opened: OpenedSubject[], sizes: number[]): Promise<Map<number, Map<string, Memory>>> {
  const memory = new Map<number, Map<string, Memory>>()
  for (const n of sizes) {
    const rounds = new Map(opened.map(({ subject }) => [subject.id, [] as Memory[]]))
    for (let round = -1; round < MEMORY_ROUNDS; round++) {
      for (const { subject, page } of inOrderOf(round, opened)) {
        await page.open('fan-out', n, { lingerMs: 0 })
        const before = await page.measureHeap()
        await page.step('mount')
        const held = await page.measureHeap()
        assertNothingLeft(subject, (await page.step('unmount')).counts!.left!)
        const left = await page.measureHeap()
        await page.close()
        if (round >= 0)
          rounds.get(subject.id)!.push({ held: (held - before) / n, left: (left - before) / n })
      }
    }
    memory.set(n, new Map([...rounds].map(([id, list]) => [id, { held: median(list.map(({ held }) => held)), left: median(list.map(({ left }) => left)) }])))
  }
  return memory
}

/** What Convue's default `lingerMs` defers: that it comes to an end, and what it costs when it does. */
export async function measureLinger(opened: OpenedSubject[]): Promise<void> {
  const page = opened.find(({ subject }) => subject.id === 'convue')?.page
  if (!page)
    return
  await page.cdp.send('Performance.enable', { timeDomain: 'threadTicks' })
  for (const n of [1_000, 10_000]) {
    await page.open('fan-out', n)
    await page.step('mount')
    const { counts } = await page.step('unmount')
    const before = await page.measureWork()
    await page.waitUntilQueriesAre(0, 10_000)
    const ms = await page.measureWork() - before
    console.log(`Convue, default lingerMs: ${counts!.left} of ${n} queries are on the wire after unmounting, 0 once they have lingered; that takes ${ms.toFixed(1)} ms of the main thread.`)
    await page.close()
  }
}

/** Forwards and backwards in turn, beginning with another one each time. */
function inOrderOf<T>(round: number, list: T[]): T[] {
  const start = (round + WARM_UP_ROUNDS) % list.length
  const rotated = [...list.slice(start), ...list.slice(0, start)]
  return round % 2 === 0 ? rotated : rotated.reverse()
}

function assertNothingLeft({ name }: BenchSubject, left: number): void {
  if (left !== 0)
    throw new Error(`${name} leaves ${left} queries on the wire.`)
}
