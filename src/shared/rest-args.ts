import type { FunctionArgs, FunctionReference } from 'convex/server'

/** What follows the function in a call: arguments may be left out where it takes none, or none that is required. */
export type RestArgs<Function extends FunctionReference<any, any>>
  = Record<string, never> extends FunctionArgs<Function> ? [args?: FunctionArgs<Function>] : [args: FunctionArgs<Function>]
