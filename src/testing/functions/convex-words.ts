/** Convex's error messages for functions that it refuses or ends. */

/** The error for an operation that only actions may start. */
export function notInQueriesAndMutations(operation: string): Error {
  return new Error(`Can't use ${operation} in queries and mutations. Please consider using an action. `
    + 'See https://docs.convex.dev/functions/actions for more details.')
}

/** The error for an operation that a module starts while it is evaluated. */
export function notAtImportTime(operation: string): Error {
  return new Error(`${operation} unsupported at import time`)
}

export const NEVER_RESOLVES = 'Returned promise will never resolve'

export function timedOut(seconds: number): string {
  return `Function execution timed out (maximum duration: ${seconds}s)`
}

/** The error of an action whose thread was ended because of another call. */
export const ACTION_INTERRUPTED = 'Your request couldn\'t be completed. Try again later.'

export function onlyActionsInNode(name: string, module: string, kind: string): string {
  return `\`${name}\` defined in \`${module}.js\` is a ${kind} function. Only actions can be defined in Node.js. `
    + 'See https://docs.convex.dev/functions/actions for more details.'
}

export function unawaitedOperations(count: number, operations: string[]): string {
  return `${count} unawaited operation${count === 1 ? '' : 's'}: [${operations.join(', ')}]. `
    + 'Async operations should be awaited or they might not run. '
    + 'See https://docs.convex.dev/functions/actions#dangling-promises for more information.'
}
