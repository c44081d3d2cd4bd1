/** The form of the functions that the builders of `convex/server` return. */
import type { Value } from 'convex/values'

export type FunctionKind = 'query' | 'mutation' | 'action'

/** A function that a module exports, in the form that the builders of `convex/server` return. */
export interface RegisteredFunction {
  isQuery?: boolean
  isMutation?: boolean
  isAction?: boolean
  isPublic?: boolean
  /** The validators, as JSON. */
  exportArgs: () => string
  exportReturns: () => string
  _handler: (ctx: unknown, args: Record<string, Value>) => unknown
}

export function isRegisteredFunction(value: unknown): value is RegisteredFunction {
  return typeof value === 'function' && '_handler' in value && 'exportArgs' in value
}

export function kindOf({ isMutation, isAction }: RegisteredFunction): FunctionKind {
  if (isMutation)
    return 'mutation'
  return isAction ? 'action' : 'query'
}
