/** The parameters behind a function reference, as a rest tuple. */
import type { FunctionArgs, FunctionReference } from 'convex/server'

/**
 * The arguments of a function. They may be omitted where the function has none, or no required
 * ones.
 */
export type RestArgs<Function extends FunctionReference<any, any>>
  = Record<string, never> extends FunctionArgs<Function>
    ? [args?: FunctionArgs<Function>]
    : [args: FunctionArgs<Function>]
