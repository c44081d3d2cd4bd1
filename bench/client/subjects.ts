/** Who is compared. */
export interface BenchSubject {
  id: string
  /** The heading of its column. */
  name: string
  /** The module in `bench/page/subjects/`. */
  source: string
  isVuePeer: boolean
}

export const SUBJECTS: BenchSubject[] = [
  { id: 'floor', name: 'floor', source: 'floor', isVuePeer: false },
  // What differs between this one and the floor is noise.
  { id: 'floor-again', name: 'floor again', source: 'floor', isVuePeer: false },
  { id: 'convue', name: 'Convue', source: 'convue', isVuePeer: false },
  { id: 'on-update', name: 'onUpdate', source: 'on-update', isVuePeer: true },
  { id: 'convex-vue', name: 'convex-vue', source: 'convex-vue', isVuePeer: true },
  { id: 'react', name: 'convex/react', source: 'react', isVuePeer: false },
  { id: 'svelte', name: 'convex-svelte', source: 'svelte', isVuePeer: false },
]
