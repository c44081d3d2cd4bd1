import type { Doc, Id } from '../convex/_generated/dataModel'

/** A document as a deployment would return it. */
export function exampleTask(text: string): Doc<'tasks'> {
  return {
    _id: 'example' as Id<'tasks'>,
    _creationTime: 0,
    userId: 'ada',
    text,
    done: false,
  }
}
