/** The class of every error that Convue itself raises. */
import type { ConvueErrorCode } from './catalogue.ts'
import { ERROR_PAGES } from './docs-address.ts'

export type { ConvueErrorCode } from './catalogue.ts'

/** The parts of a {@link ConvueError}. */
export interface ConvueErrorOptions {
  code: ConvueErrorCode
  /** The problem, in one sentence. */
  why: string
  /** The solution, in one sentence. */
  fix: string
  /** The error that caused this one, if there is one. */
  cause?: unknown
}

/**
 * An error that Convue itself raises. Errors of Convex functions (`ConvexError`) are never wrapped
 * in it.
 */
export class ConvueError extends Error {
  override name = 'ConvueError'
  /**
   * The kind of error. Compare the code, not the message: a code never changes, but the wording of
   * a message may.
   */
  declare readonly code: ConvueErrorCode
  /** The problem, in one sentence. */
  declare readonly why: string
  /** The solution, in one sentence. */
  declare readonly fix: string

  constructor({ code, why, fix, cause }: ConvueErrorOptions) {
    super(`[${code}] ${why} ${fix}`.trim(), { cause })
    this.code = code
    this.why = why
    this.fix = fix
  }

  /** The address of the page about this code, with the cause and the solution. */
  get docs(): string {
    return ERROR_PAGES + this.code
  }
}
