import type { MockConvex } from 'convue/testing/mock'
import type { Doc, Id } from '../convex/_generated/dataModel'
import { api } from '../convex/_generated/api'

/** A task for a story or a test. */
export function task(text: string): Doc<'tasks'> {
  return { _id: text as Id<'tasks'>, _creationTime: 0, text }
}

/** Answers the functions of the list as a deployment does: a new task is the first. */
export function answerTasks(mock: MockConvex, texts: string[]): void {
  const tasks = texts.map(task)
  mock.query(api.tasks.list, () => tasks)
  mock.mutation(api.tasks.add, ({ text }) => {
    tasks.unshift(task(text))
    return tasks[0]!._id
  })
}
