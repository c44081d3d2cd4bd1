import type { Sample, WorkloadName } from '../page/bench.ts'
import type { BenchPage } from './bench-page.ts'
import type { Results } from './results.ts'
import type { BenchSubject } from './subjects.ts'
import { median } from './results.ts'
import { takingPart } from './subjects.ts'

/** The name under which {@link Plan.atOnce} is recorded. */
export const AT_ONCE = 'at-once'

/** A workload, as it is measured and shown. */
export interface Plan {
  workload: WorkloadName
  /** With the size of what is sent. */
  title: string
  /** What each step is called in the table, in the order in which they run. */
  steps: Record<string, string>
  /** The step that Convue runs once more in a session of its own, with `lingerMs: 0`, and what runs before it. The others have no such thing. */
  atOnce?: { step: string, after: string[] }
  /** The subject that the others are compared with. @default 'floor' */
  floor?: string
  /** How many times as long as the floor a step may take of Convue; the run fails above it. */
  limits?: Record<string, number>
  /** How many components. */
  sizes: number[]
  /** Whether it can run for another number. */
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
 * How often everything is done anew in new processes: what a process happens to optimize, it does to every round, and twice the same code differs by
 * up to a quarter.
 */
export const GENERATIONS = 2
const WARM_UP_ROUNDS = 2
const WARM_UP_SIZE = 1_000
/** At this size, other frameworks take part in one of three rounds: they take the most time, and are there for orientation. */
const LARGE = 10_000
const byItems = (n: number): number => n >= LARGE ? 10 : n >= 1_000 ? 20 : 30
const MEMORY_ROUNDS = 2

export const PLANS: Plan[] = [
  {
    workload: 'fan-in',
    title: 'Fan-in: n components show one query, a document of 100 bytes',
    steps: { mount: 'mount, up to the first result', all: 'an update of all', unmount: 'unmount' },
    atOnce: { step: 'unmount', after: ['mount'] },
    sizes: [100, 1_000, 10_000],
    isSized: true,
    rounds: byItems,
  },
  {
    workload: 'fan-out',
    title: 'Fan-out: n components show n queries, a document of 100 bytes each',
    steps: { mount: 'mount, up to the first results', all: 'a transition that changes all', one: 'a transition that changes one', unmount: 'unmount' },
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
    title: 'A list of 1,000 rows in one query, 200 bytes a row, with a component a row',
    steps: { mount: 'mount, up to the rows', one: 'one row changed', same: 'the same list again', all: 'all rows changed' },
    sizes: [1_000],
    isSized: false,
    rounds: () => 20,
  },
  {
    workload: 'churn',
    title: 'Arguments changed 1,000 times in one component, a document of 100 bytes each',
    steps: { equal: 'equal arguments in a new object', new: 'new arguments' },
    atOnce: { step: 'new', after: [] },
    sizes: [1],
    isSized: false,
    rounds: () => 4,
  },
  {
    workload: 'tearing',
    title: 'Tearing: 100 transitions change two queries that one component shows',
    steps: { update: '100 double updates' },
    sizes: [2],
    isSized: false,
    rounds: () => 4,
  },
]

/** Runs the subjects in turn, in changing order, so that all feel the same noise: one generation's share of the rounds. */
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

/** One round: the steps in their order, in a session of their own. */
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

/** What a subscription, with its component, takes of the heap; and what is left of it after unmounting. */
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

/** What lingering defers: how many queries stay on the wire for a while, and how long the main thread works when they go, in milliseconds. */
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

/** Forwards and backwards in turn, beginning with another one each time. */
function inOrderOf<T>(round: number, list: T[]): T[] {
  const start = (round + 1) % list.length
  const rotated = [...list.slice(start), ...list.slice(0, start)]
  return round % 2 === 0 ? rotated : rotated.reverse()
}

function assertNothingLeft({ name }: BenchSubject, left: number): void {
  if (left !== 0)
    throw new Error(`${name} leaves ${left} queries on the wire.`)
}
