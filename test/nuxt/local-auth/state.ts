/** The behaviour of Better Auth's routes, which a test chooses. */
export type Mode
  = | 'normal'
  /** The route throws an error. */
    | 'failing'
  /** The route never answers. */
    | 'hanging'
  /** The route requests another route, which needs the identity, before it answers. */
    | 'nested'
  /** A middleware of the app requests the identity of every request. */
    | 'greedy'

/** The requests of the app's server to its own routes, and the mode. */
export const state = { requests: [] as string[], mode: 'normal' as Mode }
