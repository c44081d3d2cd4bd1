/** The form of the functions that the builders of `convex/server` return. */
import type { FunctionKind } from './kinds.ts'

/** The exports of a module of the functions folder. */
export type FunctionModule = Record<string, unknown>

/** A query, a mutation, an action or an HTTP action. */
export interface RegisteredFunction {
  isQuery?: boolean
  isMutation?: boolean
  isAction?: boolean
  isHttp?: boolean
  isPublic?: boolean
  isInternal?: boolean
  invokeQuery?: (argsJson: string) => Promise<string>
  invokeMutation?: (argsJson: string) => Promise<string>
  invokeAction?: (requestId: string, argsJson: string) => Promise<string>
  invokeHttpAction?: (request: Request) => Promise<unknown>
  exportArgs: () => string
  exportReturns: () => string
}

/** The default export of `http.ts`. */
export interface Router {
  isRouter: true
  lookup: (path: string, method: string) => [endpoint: RegisteredFunction, method: string, path: string] | null
  getRoutes: () => [path: string, method: string, endpoint: RegisteredFunction][]
}

export function isRegisteredFunction(value: unknown): value is RegisteredFunction {
  return (typeof value === 'function' || (typeof value === 'object' && value !== null))
    && ('isQuery' in value || 'isMutation' in value || 'isAction' in value)
}

export function isRouter(value: unknown): value is Router {
  return typeof value === 'object' && value !== null && 'isRouter' in value && value.isRouter === true
}

/** A schema, or the jobs of `crons.ts`. */
export interface Exportable {
  /** The content as JSON. */
  export: () => string
}

export function isExportable(value: unknown): value is Exportable {
  return typeof value === 'object' && value !== null && 'export' in value && typeof value.export === 'function'
}

/** The kind of a function, if it is of exactly one kind. */
export function kindOf({ isQuery, isMutation, isAction }: RegisteredFunction): FunctionKind | undefined {
  const flags = { query: isQuery, mutation: isMutation, action: isAction }
  const kinds = Object.entries(flags).filter(([, isKind]) => isKind)
  return kinds.length === 1 ? kinds[0]![0] as FunctionKind : undefined
}
