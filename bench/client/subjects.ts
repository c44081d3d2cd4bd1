import type { WorkloadName } from '../page/bench.ts'

/** A compared library. */
export interface BenchSubject {
  id: string
  /** The heading of its column in the tables. */
  name: string
  /** The module in `bench/page/subjects/`. */
  source: string
  isVue: boolean
  /** Whether it is another library (or code) for live queries in Vue. */
  isVuePeer: boolean
  /** The only workload in which it takes part. */
  only?: WorkloadName
  /** Whether it keeps a query subscribed for a while after the last component was unmounted. */
  lingers?: boolean
}

export const SUBJECTS: BenchSubject[] = [
  { id: 'floor', name: 'floor', source: 'floor', isVue: true, isVuePeer: false },
  // The same code as the floor, so the difference from the floor is noise.
  { id: 'floor-again', name: 'floor again', source: 'floor', isVue: true, isVuePeer: false },
  { id: 'client-alone', name: 'client alone', source: 'client-alone', isVue: false, isVuePeer: false, only: 'frames' },
  { id: 'convue', name: 'Convue', source: 'convue', isVue: true, isVuePeer: false, lingers: true },
  { id: 'on-update', name: 'onUpdate', source: 'on-update', isVue: true, isVuePeer: true },
  { id: 'convex-vue', name: 'convex-vue', source: 'convex-vue', isVue: true, isVuePeer: true },
  { id: 'react', name: 'convex/react', source: 'react', isVue: false, isVuePeer: false },
  { id: 'svelte', name: 'convex-svelte', source: 'svelte', isVue: false, isVuePeer: false },
]

/** The subjects of a list that take part in a workload. */
export function takingPart<T extends { subject: BenchSubject }>(workload: WorkloadName, list: T[]): T[] {
  return list.filter(({ subject }) => !subject.only || subject.only === workload)
}
