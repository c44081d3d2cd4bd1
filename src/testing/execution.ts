/** What one run of a function has read, written and logged. */
import type { AsyncLocalStorage } from 'node:async_hooks'
import type { FunctionKind } from './registered-function.ts'
import { ReadSet } from './tracking.ts'

/**
 * One run of a function that was asked for from outside, together with everything that it calls.
 */
export class Execution {
  /** What it has read. */
  readonly reads = new ReadSet()
  /**
   * Where its page ended: given back to it when it runs again, so that the page neither grows nor
   * leaves a gap.
   */
  endCursor: string | null
  /** When its mutation was committed. */
  commitTs: bigint | null = null
  /** What its own function threw, before convex-test wrapped it. */
  thrown: unknown

  constructor(endCursor: string | null = null) {
    this.endCursor = endCursor
  }
}

/** Where the code that runs right now belongs. */
export interface Frame {
  execution: Execution
  component: string
  kind: FunctionKind
  /** 0 outside of functions, 1 in the function asked for, more in those that it calls. */
  depth: number
}

/** Follows the code through its calls. */
export type Frames = AsyncLocalStorage<Frame>
