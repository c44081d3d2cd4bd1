import type { Table } from '../tables.ts'
import type { Results } from './results.ts'
import type { BenchSubject } from './subjects.ts'
import type { Linger, Memory, Plan } from './workloads.ts'
import { takingPart } from './subjects.ts'
import { AT_ONCE } from './workloads.ts'

/** The descriptions of the counts. */
const COUNTS: Record<string, string> = {
  rowRenders: 'number of row components rendered',
  messages: 'number of messages sent',
  staleRenders: 'number of renders that show old data for new arguments',
  tornRenders: 'number of renders that mix old and new results',
  tornWatchers: 'number of runs of a `flush: \'sync\'` watcher that see old and new results mixed',
}

/**
 * Returns a table of times with ratios and, if there are any, tables of counts and of the costs
 * above the floor.
 */
export function describeWorkload(plan: Plan, results: Results, all: BenchSubject[]): Table[] {
  const { workload, atOnce, floor: floorId = 'floor' } = plan
  const subjects = takingPart(workload, all.map(subject => ({ subject }))).map(({ subject }) => subject)
  const steps = atOnce ? { ...plan.steps, [AT_ONCE]: `${plan.steps[atOnce.step]}, with lingerMs: 0` } : plan.steps
  const sizes = results.sizes(workload)
  const names = subjects.map(({ name }) => name)
  const forEach = (row: (label: string, step: string, n: number) => string[]): string[][] => Object.entries(steps).flatMap(([step, label]) =>
    sizes.map(n => row(sizes.length > 1 ? `${label}, n = ${count(n)}` : label, step, n)))
  const tables: Table[] = []

  // For this workload, only wrong renders are counted, and no time is measured.
  if (workload !== 'tearing') {
    tables.push({
      title: `${plan.title} (median ms, × ${floorId === 'floor' ? floorId : subjects.find(({ id }) => id === floorId)?.name})`,
      head: ['', ...names, 'Convue × fastest Vue peer'],
      rows: forEach((label, step, n) => {
        const ms = (id: string): number | undefined => results.ms(workload, step, n, id)
        const floor = ms(floorId)
        const peers = subjects.filter(({ isVuePeer }) => isVuePeer).map(({ id }) => ms(id)!)
        return [
          label,
          ...subjects.map(({ id }) => `${time(ms(id)!)}${floor && id !== floorId ? ` (${ratio(ms(id)! / floor)})` : ''}`),
          peers.length > 0 && ms('convue') ? ratio(ms('convue')! / Math.min(...peers)) : '',
        ]
      }),
    })
  }

  if ('one' in steps && sizes.length > 1) {
    tables.push({
      title: `${plan.title} (ms above the floor if one of n queries changes)`,
      head: ['', ...names.slice(1)],
      rows: sizes.map(n => [`n = ${count(n)}`, ...subjects.slice(1).map(({ id }) => (results.ms(workload, 'one', n, id)! - results.ms(workload, 'one', n, 'floor')!).toFixed(3))]),
    })
  }

  for (const [name, words] of Object.entries(COUNTS)) {
    const rows = forEach((label, step, n) => [label, ...subjects.map(({ id, isVue }) => name === 'tornWatchers' && !isVue ? '–' : count(results.count(workload, step, n, id, name)))])
    if (rows.some(row => row.slice(1).some(cell => /\d/.test(cell))))
      tables.push({ title: `${plan.title} (${words})`, head: ['', ...names], rows })
  }
  return tables
}

/** The steps in which Convue exceeds its limit. */
export function findTooSlow({ workload, title, limits = {}, floor = 'floor' }: Plan, results: Results): string[] {
  return Object.entries(limits).flatMap(([step, limit]) => results.sizes(workload).flatMap((n) => {
    const [convue, least] = [results.ms(workload, step, n, 'convue'), results.ms(workload, step, n, floor)]
    return convue && least && convue / least > limit ? [`${title}: ${ratio(convue / least)} the floor instead of ${limit}, n = ${count(n)}`] : []
  }))
}

export function describeMemory(memory: Map<number, Map<string, Memory>>, all: BenchSubject[]): Table[] {
  const subjects = all.filter(({ id }) => [...memory.values()].every(bySubject => bySubject.has(id)))
  const bytes = (n: number, read: (memory: Memory) => number): string[] => subjects.map(({ id }) => Math.round(read(memory.get(n)!.get(id)!)).toLocaleString('en'))
  return [{
    title: 'Memory: bytes of JavaScript heap for each subscription with its component and a document of 100 bytes, after a garbage collection (lingerMs: 0)',
    head: ['', ...subjects.map(({ name }) => name)],
    rows: [...memory.keys()].flatMap(n => [
      [`mounted, n = ${count(n)}`, ...bytes(n, ({ held }) => held)],
      [`left after unmounting, n = ${count(n)}`, ...bytes(n, ({ left }) => left)],
    ]),
  }]
}

export function describeLinger(list: Linger[]): Table[] {
  return [{
    title: 'Lingering: the work that Convue\'s default lingerMs delays after n components with one query each have been unmounted',
    head: ['', 'queries still subscribed', 'subscribed after lingerMs', 'time of the main thread to unsubscribe them, ms'],
    rows: list.map(({ n, held, ms }) => [`n = ${count(n)}`, count(held), '0', time(ms)]),
  }]
}

function time(ms: number): string {
  return ms >= 100 ? ms.toFixed(0) : ms >= 10 ? ms.toFixed(1) : ms >= 1 ? ms.toFixed(2) : ms.toFixed(3)
}

function ratio(value: number): string {
  return `${value.toFixed(2)} ×`
}

function count(value: number | undefined): string {
  return value === undefined ? '' : value.toLocaleString('en')
}
