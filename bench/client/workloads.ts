import type { Sample, WorkloadName } from '../page/bench.ts'
import type { BenchPage } from './bench-page.ts'
import type { Results } from './results.ts'
import type { BenchSubject } from './subjects.ts'
import { median } from './results.ts'
import { takingPart } from './subjects.ts'

/** The name under which {@link Plan.atOnce} is recorded. */
export const AT_ONCE = 'at-once'

/** A workload and its table. */
export interface Plan {
  workload: WorkloadName
  /** The title of the table, with the size of the data. */
  title: string
  /** The names of the steps in the table, in their order. */
  steps: Record<string, string>
  /**
   * The step that Convue repeats in another session with `lingerMs: 0`, and the steps before it.
   * Other subjects have no such option.
   */
  atOnce?: { step: string, after: string[] }
  /** The subject that the others are compared with. @default 'floor' */
  floor?: string
  /** The largest allowed ratio of Convue's time to the floor's. The run fails above it. */
  limits?: Record<string, number>
  /** The numbers of components. */
  sizes: number[]
  /** Whether the workload can run with another number of components. */
  isSized: boolean
  rounds: (n: number) => number
}

export interface OpenedSubject {
  subject: BenchSubject
  page: BenchPage
}

export interface Linger {
  subject: BenchSubject
  n: number
  held: number
  ms: number
}

/** Heap bytes per subscription. */
export interface Memory {
  held: number
  left: number
}

/**
 * How often all measurements are repeated with new processes. The random optimizations of a process
 * affect all of its rounds, so the time of the same code can differ by a quarter between processes.
 */
export const GENERATIONS = 2
const WARM_UP_ROUNDS = 2
const WARM_UP_SIZE = 1_000
/**
 * From this number of components on, other frameworks run only in every third round, because they
 * take the most time and are shown only for comparison.
 */
const LARGE = 10_000
const byItems = (n: number): number => n >= LARGE ? 10 : n >= 1_000 ? 20 : 30
const MEMORY_ROUNDS = 2

export const PLANS: Plan[] = [
  {
    workload: 'fan-in',
    title: 'Fan-in: n components show one query, a document of 100 bytes',
    steps: { mount: 'mount, up to the first result', all: 'an update of all components', unmount: 'unmount' },
    atOnce: { step: 'unmount', after: ['mount'] },
    sizes: [100, 1_000, 10_000],
    isSized: true,
    rounds: byItems,
  },
  {
    workload: 'fan-out',
    title: 'Fan-out: n components show n queries, a document of 100 bytes each',
    steps: { mount: 'mount, up to the first results', all: 'a transition that changes all queries', one: 'a transition that changes one query', unmount: 'unmount' },
    atOnce: { step: 'unmount', after: ['mount'] },
    sizes: [100, 1_000, 10_000],
    isSized: true,
    rounds: byItems,
  },
  {
    workload: 'frames',
    title: 'n components show n queries, and in each frame a transition changes 20 of them, a document of 100 bytes each',
    steps: { frame: 'a transition' },
    floor: 'client-alone',
    limits: { frame: 1.5 },
    sizes: [10_000],
    isSized: true,
    rounds: byItems,
  },
  {
    workload: 'list',
    title: 'One query returns a list of 1,000 rows of 200 bytes, and each row has its own component',
    steps: { mount: 'mount, up to the rows', one: 'one row changed', same: 'the same list again', all: 'all rows changed' },
    sizes: [1_000],
    isSized: false,
    rounds: () => 20,
  },
  {
    workload: 'churn',
    title: 'The arguments of one component change 1,000 times, and each result is a document of 100 bytes',
    steps: { equal: 'equal arguments in a new object', new: 'new arguments' },
    atOnce: { step: 'new', after: [] },
    sizes: [1],
    isSized: false,
    rounds: () => 4,
  },
  {
    workload: 'tearing',
    title: 'Tearing: one component shows two queries, and each of 100 transitions changes both',
    steps: { update: '100 double updates' },
    sizes: [2],
    isSized: false,
    rounds: () => 4,
  },
]

/**
 * Runs the rounds of one set of processes. The subjects run one after another in a changing order,
 * so that noise affects all of them equally.
 */
export async function measureRounds(all: OpenedSubject[], plan: Plan, sizes: number[], results: Results): Promise<void> {
  const opened = takingPart(plan.workload, all)
  for (let round = 0; round < WARM_UP_ROUNDS; round++) {
    for (const { subject, page } of opened)
      await runRound(page, subject, plan, WARM_UP_SIZE, () => {})
  }
  for (const n of sizes) {
    for (let round = -1; round < Math.ceil(plan.rounds(n) / GENERATIONS); round++) {
      for (const { subject, page } of inOrderOf(round, opened)) {
        if (n >= LARGE && !subject.isVue && round > 0 && round % 3 !== 0)
          continue
        await runRound(page, subject, plan, n, (step, sample) => {
          if (round >= 0)
            results.add(plan.workload, step, n, subject.id, sample)
        })
      }
    }
  }
}

/** Runs one round: all steps in order, in one session. */
export async function runRound(
  page: BenchPage,
  subject: BenchSubject,
  { workload, steps, atOnce }: Plan,
  n: number,
  record: (step: string, sample: Sample) => void,
  around: (step: string, run: () => Promise<Sample>) => Promise<Sample> = (_step, run) => run(),
): Promise<void> {
  const run = async (step: string, name: string): Promise<void> => {
    const sample = await around(name, () => page.step(step))
    if (step === 'unmount' && (!subject.lingers || name !== step))
      assertNothingLeft(subject, sample.counts!.left!)
    record(name, sample)
    if (step === atOnce?.step && !subject.lingers)
      record(AT_ONCE, sample)
  }

  await page.open(workload, n)
  for (const step of Object.keys(steps))
    await run(step, step)
  await page.close()

  if (atOnce && subject.lingers) {
    await page.open(workload, n, { lingerMs: 0 })
    for (const step of atOnce.after)
      await page.step(step)
    await run(atOnce.step, AT_ONCE)
    await page.close()
  }
}

/**
 * The heap size of a subscription with its component, and the part of it that remains after
 * unmounting.
 */
export async function measureMemory(all: OpenedSubject[], sizes: number[]): Promise<Map<number, Map<string, Memory>>> {
  const opened = takingPart('fan-out', all)
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

/**
 * The work that lingering delays: the number of queries that remain subscribed, and the time of the
 * main thread to unsubscribe them, in milliseconds.
 */
export async function measureLinger(opened: OpenedSubject[], sizes: number[]): Promise<Linger[]> {
  const list: Linger[] = []
  for (const { subject, page } of opened.filter(({ subject }) => subject.lingers)) {
    await page.cdp.send('Performance.enable', { timeDomain: 'threadTicks' })
    for (const n of sizes) {
      await page.open('fan-out', n)
      await page.step('mount')
      const { left } = (await page.step('unmount')).counts!
      const before = await page.measureWork()
      await page.waitUntilQueriesAre(0, 10_000)
      list.push({ subject, n, held: left!, ms: await page.measureWork() - before })
      await page.close()
    }
  }
  return list
}

/**
 * The order of the subjects in a round: alternately forwards and backwards, starting with another
 * subject each time.
 */
function inOrderOf<T>(round: number, list: T[]): T[] {
  const start = (round + 1) % list.length
  const rotated = [...list.slice(start), ...list.slice(0, start)]
  return round % 2 === 0 ? rotated : rotated.reverse()
}

function assertNothingLeft({ name }: BenchSubject, left: number): void {
  if (left !== 0)
    throw new Error(`${name} leaves ${left} queries on the wire.`)
}
