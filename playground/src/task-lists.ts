import type { OptimisticLocalStore } from 'convex/browser'
import type { Id } from '../convex/_generated/dataModel'
import { api } from '../convex/_generated/api'

export const filters = ['all', 'open', 'done'] as const

export type Filter = typeof filters[number]

export function toFilter(input: unknown): Filter {
  return filters.find(name => name === input) ?? 'all'
}

// #region snippet
/** Toggles a task in each list that contains it. */
export function toggleInLists(
  store: OptimisticLocalStore,
  { id }: { id: Id<'tasks'> },
): void {
  const { list } = api.tasks
  for (const { args, value: tasks } of store.getAllQueries(list)) {
    const toggled = tasks
      ?.map(task => task._id === id ? { ...task, done: !task.done } : task)
      .filter(({ done }) => args.filter === 'all' || done === (args.filter === 'done'))
    store.setQuery(list, args, toggled)
  }
}
// #endregion
