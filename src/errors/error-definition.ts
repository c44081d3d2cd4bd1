/** The form of an entry in the error catalogue, and the conversion to the text of an error. */

/** An entry point of the package that raises an error. */
export type ErrorScope = 'client' | 'server' | 'nuxt' | 'testing' | 'mock' | 'tabs' | 'convex' | 'dev' | 'persist'

/**
 * One code of the catalogue. A text that depends on params is a function of the params. The type of
 * the function's parameter determines which params must be passed wherever the error is raised: see
 * {@link ErrorParams}.
 */
export interface ErrorDefinition {
  scopes: readonly ErrorScope[]
  /** The problem. Never contains a token, a cookie or text that an upstream server wrote. */
  why: string | ((params: never) => string)
  /** The action that solves the problem. */
  fix: string | ((params: never) => string)
  /** The text that the reference shows instead of `why`. Required if `why` depends on params. */
  reference?: string
  /** The text that the reference shows instead of `fix`. Required if `fix` depends on params. */
  referenceFix?: string
  /** The page or section of `docs/` that explains more. */
  docs?: string
}

/**
 * The params that the texts of a definition need; `undefined` if the texts do not depend on params.
 */
export type ErrorParams<Definition extends ErrorDefinition>
  = Definition extends { why: (params: infer Params) => string } ? Params : undefined

/**
 * The arguments that follow the code when an error is created. The params may be omitted only if
 * they are optional.
 */
export type ErrorArgs<Definition extends ErrorDefinition> = undefined extends ErrorParams<Definition>
  ? [params?: ErrorParams<Definition>, cause?: unknown]
  : [params: ErrorParams<Definition>, cause?: unknown]

export function writeTexts({ why, fix }: ErrorDefinition, params: unknown): { why: string, fix: string } {
  return { why: writeText(why, params), fix: writeText(fix, params) }
}

function writeText(text: string | ((params: never) => string), params: unknown): string {
  return typeof text === 'string' ? text : text(params as never)
}
