/** Errors as data, which a nested function or a deployment can send to its caller. */
import { ConvexError } from 'convex/values'
import { ConvueError } from '../errors/convue-error.ts'
import { restoreError } from './setup-error.ts'

/** The parts of a {@link ConvueError}. */
export interface ErrorParts {
  code: string
  why: string
  fix: string
}

export function partsOf({ code, why, fix }: ConvueError): ErrorParts {
  return { code, why, fix }
}

/**
 * Runs the code of a function. Convex passes only the data of a `ConvexError` to the function that
 * has called this one, so a {@link ConvueError} is thrown as the data of a `ConvexError`.
 */
export async function withPortableErrors<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  }
  catch (error) {
    if (error instanceof ConvueError)
      throw new ConvexError({ message: error.message, convue: { ...partsOf(error) } })
    throw error
  }
}

/** Calls a function that uses {@link withPortableErrors}, and throws the errors of Convue. */
export async function withRestoredErrors<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  }
  catch (error) {
    const parts: unknown = error instanceof ConvexError ? error.data?.convue : undefined
    throw restoreError(parts) ?? error
  }
}
