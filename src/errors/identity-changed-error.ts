/** The error of a call or an upload that an identity change has ended. */
import { ConvueError } from './convue-error.ts'
import { describe } from './diagnose.ts'

/**
 * The identity changed while a mutation, an action or an upload of the previous identity was under
 * way. The result belongs to the previous identity, so the caller does not receive it.
 */
export class IdentityChangedError extends ConvueError {
  override name = 'IdentityChangedError'
  /**
   * `'notSent'`: the call was not sent and has no effect. `'unknown'`: it was sent, and may or may
   * not take effect.
   */
  declare readonly outcome: 'notSent' | 'unknown'

  constructor(outcome: 'notSent' | 'unknown') {
    super(describe('IDENTITY_CHANGED', outcome))
    this.outcome = outcome
  }
}
