/** `diagnose`: creates the errors of the client. In a production build, they have only a code. */
import type { ArgsOf, CodeOf } from './catalogue.ts'
import type { ConvueErrorOptions } from './convue-error.ts'
import type { ErrorDefinition } from './error-definition.ts'
import { ConvueError } from './convue-error.ts'
import { writeTexts } from './error-definition.ts'
import { identityErrors } from './identity-errors.ts'
import { outboxErrors } from './outbox-errors.ts'
import { uploadErrors } from './upload-errors.ts'
import { usageErrors } from './usage-errors.ts'

type ClientCode = CodeOf<'client'>

/** Creates an error from its code, the params that its message mentions, and its cause. */
export function diagnose<Code extends ClientCode>(code: Code, ...args: ArgsOf<Code>): ConvueError
export function diagnose(code: ClientCode, params?: unknown, cause?: unknown): ConvueError {
  return new ConvueError(describe(code, params, cause))
}

/**
 * The parts of the error with this code. In a production build, an error has only its code, so that
 * bundlers omit the catalogue.
 */
export function describe(code: ClientCode, params: unknown, cause?: unknown): ConvueErrorOptions {
  return { code, cause, ...process.env.NODE_ENV === 'production' ? { why: '', fix: '' } : textsOf(code, params) }
}

function textsOf(code: ClientCode, params: unknown): { why: string, fix: string } {
  const definitions: Record<ClientCode, ErrorDefinition> = {
    ...usageErrors,
    ...uploadErrors,
    ...identityErrors,
    ...outboxErrors,
  }
  return writeTexts(definitions[code], params)
}
