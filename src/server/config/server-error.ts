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
 * The error of a code, with the params that its message mentions: never a token, a cookie or text
 * that an upstream server wrote. The message remains in a production build: a wrong setting of a
 * server often shows only there, and no browser downloads them.
 */
export function serverError<Code extends ServerErrorCode>(code: Code, ...args: ArgsOf<Code>): ConvueError
export function serverError(code: ServerErrorCode, params?: unknown): ConvueError {
  const definitions: Record<ServerErrorCode, ErrorDefinition> = { ...usageErrors, ...identityErrors, ...serverErrors }
  return new ConvueError({ code, ...writeTexts(definitions[code], params) })
}
