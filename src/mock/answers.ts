/** The answers that a test or a story gives for Convex functions. */
import type { FunctionReference } from 'convex/server'
import type { Value } from 'convex/values'
import { functionName } from '../shared/function-name.ts'
import { mockError } from './mock-error.ts'

/** A user of the mock. The other fields are those of the app's users, such as `name`. */
export interface MockUser extends Record<string, any> {
  id: string
}

/** Who calls a function. */
export interface MockCaller {
  /** `null` for an anonymous call. */
  user: MockUser | null
}

/**
 * What a function returns: a value, or a function of the arguments that returns the value or a
 * promise, or throws the error of the function. Throw a `ConvexError` for an error with data.
 */
export type Answer<Args, Result> = Result | ((args: Args, caller: MockCaller) => Result | Promise<Result>)

export type FunctionKind = 'query' | 'mutation' | 'action'

/** An answer as a function. */
type Resolver = (args: Record<string, Value>, caller: MockCaller) => unknown

/** The answers of one mock, by the names of their functions. */
export class Answers {
  readonly #resolvers = new Map<string, { kind: FunctionKind, resolve: Resolver }>()

  /** @throws {ConvueError} `FUNCTION_INVALID` */
  set(kind: FunctionKind, reference: FunctionReference<FunctionKind>, answer: unknown): void {
    const resolve = typeof answer === 'function' ? answer as Resolver : () => answer
    this.#resolvers.set(functionName(reference), { kind, resolve })
  }

  /**
   * The answer to a call: a value or a promise.
   *
   * @throws {ConvueError} `MOCK_ANSWER_MISSING`
   */
  resolve(kind: FunctionKind, name: string, args: Record<string, Value>, caller: MockCaller): unknown {
    const answer = this.#resolvers.get(name)
    if (answer?.kind !== kind)
      throw mockError('MOCK_ANSWER_MISSING', { kind, name })
    return answer.resolve(args, caller)
  }
}
