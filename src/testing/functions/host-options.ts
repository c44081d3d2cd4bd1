/** The options with which a deployment starts the threads of its functions. */
import type { ModuleState } from './kinds.ts'
import type { Environments } from './messages.ts'

/** The effect of exceeding a limit of Convex: an error, only a warning, or nothing. */
export type Limits = 'enforce' | 'warn' | false

export interface LimitOptions {
  /** @default 'enforce' */
  limits?: Limits
}

export interface FunctionsHostOptions extends LimitOptions {
  environments: Environments
  /** The time by which the deployment's clock is ahead of the machine's clock. @default 0 */
  clockAheadMs?: number
}

export interface StartOptions extends Omit<FunctionsHostOptions, 'environments'> {
  /**
   * The environment variables of the app, and those that the deployment sets itself. A promise may
   * resolve while the functions are being bundled.
   */
  variables: Record<string, string> | Promise<Record<string, string>>
  /** @default 'shared' */
  moduleState?: ModuleState
}
