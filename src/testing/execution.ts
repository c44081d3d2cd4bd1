/** The record of one run of a function: its reads, its commit and its error. */
import type { AsyncLocalStorage } from 'node:async_hooks'
import type { FunctionKind } from './registered-function.ts'
import { ReadSet } from './tracking.ts'

/**
 * One run of a function that a client, a test or the scheduler has called, with all functions that
 * it calls.
 */
export class Execution {
  /** The ranges that the run has read. */
  readonly reads = new ReadSet()
  /**
   * The end of the page that the run has read. The next run of the query receives this cursor, so
   * that the page neither grows nor leaves a gap.
   */
  endCursor: string | null
  /** The timestamp at which the mutation was committed. */
  commitTs: bigint | null = null
  /** The error that the function itself threw, before convex-test wrapped the error. */
  thrown: unknown

  constructor(endCursor: string | null = null) {
    this.endCursor = endCursor
  }
}

/** The execution, the component and the function to which the running code belongs. */
export interface Frame {
  execution: Execution
  component: string
  kind: FunctionKind
  /**
   * 0 outside of functions, 1 in the function that was called, and more in the functions that it
   * calls.
   */
  depth: number
}

/** Keeps the current frame across asynchronous calls. */
export type Frames = AsyncLocalStorage<Frame>
