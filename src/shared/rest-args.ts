/** The type of the parameters that follow a function reference, as a rest tuple. */
import type { FunctionArgs, FunctionReference } from 'convex/server'

/** The arguments of a function. The arguments may be omitted if the function requires none. */
export type RestArgs<Function extends FunctionReference<any, any>>
  = Record<string, never> extends FunctionArgs<Function>
    ? [args?: FunctionArgs<Function>]
    : [args: FunctionArgs<Function>]
