/** Makes the errors of the app's server from the catalogue. */
import type { ArgsOf, CodeOf } from '../../errors/catalogue.ts'
import type { ErrorDefinition } from '../../errors/error-definition.ts'
import { ConvueError } from '../../errors/convue-error.ts'
import { writeTexts } from '../../errors/error-definition.ts'
import { identityErrors } from '../../errors/identity-errors.ts'
import { serverErrors } from '../../errors/server-errors.ts'
import { usageErrors } from '../../errors/usage-errors.ts'

export type ServerErrorCode = CodeOf<'server'>

/**
 * Creates the error with this code. Its params must never contain a token, a cookie or text
 * that an upstream server wrote. The message remains in a production build, since some
 * mistakes in settings appear only in production, and no browser downloads the messages.
 */
export function serverError<Code extends ServerErrorCode>(code: Code, ...args: ArgsOf<Code>): ConvueError
export function serverError(code: ServerErrorCode, params?: unknown): ConvueError {
  const definitions: Record<ServerErrorCode, ErrorDefinition> = { ...usageErrors, ...identityErrors, ...serverErrors }
  return new ConvueError({ code, ...writeTexts(definitions[code], params) })
}
