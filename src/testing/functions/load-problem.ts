/** Converts a problem that a thread has reported into the error `FUNCTIONS_INVALID`. */
import type { FunctionsBundle } from './bundle.ts'
import type { LoadProblem } from './messages.ts'
import { relative } from 'node:path'

/** The problems of `FUNCTIONS_INVALID` that only the evaluation of modules can find. */
type EvaluationProblem
  = | { kind: 'notEvaluated', stack: string | undefined }
    | { kind: 'notAnAction' | 'invalidExport', message: string, file: string }

export function describeLoadProblem(problem: LoadProblem, { functions, sources }: FunctionsBundle): EvaluationProblem {
  const { component, module, kind, message } = problem
  if (kind === 'notEvaluated')
    return { kind, stack: message }
  const source = sources.find(({ path }) => path === component)
  const file = source?.modules.find(({ name }) => name === module)?.file ?? module
  return { kind, message, file: relative(functions, file) }
}
