/** How a deployment starts the threads of its functions. */
import type { Environments } from './messages.ts'

/** How the limits of Convex are applied: refused, only reported, or ignored. */
export type Limits = 'enforce' | 'warn' | false

export interface LimitOptions {
  /** @default 'enforce' */
  limits?: Limits
}

export interface FunctionsHostOptions extends LimitOptions {
  environments: Environments
  /** How far the deployment's clock is ahead of the machine's clock. @default 0 */
  clockAheadMs?: number
}

export interface StartOptions extends Omit<FunctionsHostOptions, 'environments'> {
  /**
   * The environment variables of the app, and those that the deployment sets itself. They are
   * needed once the functions are bundled.
   */
  variables: Record<string, string> | Promise<Record<string, string>>
}
