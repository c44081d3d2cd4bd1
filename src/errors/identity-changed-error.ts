import { describe } from './catalogue.ts'
import { ConvueError } from './convue-error.ts'

/**
 * A mutation or action was under way when the person on the page changed, so its answer belongs to somebody else.
 */
export class IdentityChangedError extends ConvueError {
  override name = 'IdentityChangedError'
  /** `'notSent'`: it never left the page. `'unknown'`: it was sent, and may or may not have been carried out. */
  declare readonly outcome: 'notSent' | 'unknown'

  constructor(outcome: 'notSent' | 'unknown') {
    super(describe('IDENTITY_CHANGED', outcome))
    this.outcome = outcome
  }
}
