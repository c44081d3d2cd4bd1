/** Creates the errors of the Nuxt module from the error catalogue. */
import type { ArgsOf, CodeOf } from '../../../../errors/catalogue.ts'
import type { ErrorDefinition } from '../../../../errors/error-definition.ts'
import { ConvueError } from 'convue/server'
import { writeTexts } from '../../../../errors/error-definition.ts'
import { identityErrors } from '../../../../errors/identity-errors.ts'
import { nuxtErrors } from '../../../../errors/nuxt-errors.ts'
import { serverErrors } from '../../../../errors/server-errors.ts'
import { versionErrors } from '../../../../errors/version-errors.ts'

type NuxtErrorCode = CodeOf<'nuxt'>

/** Creates the error with this code. `args` contains the params that its message mentions. */
export function nuxtError<Code extends NuxtErrorCode>(code: Code, ...args: ArgsOf<Code>): ConvueError
export function nuxtError(code: NuxtErrorCode, params?: unknown): ConvueError {
  const definitions: Record<NuxtErrorCode, ErrorDefinition> = {
    ...identityErrors,
    ...serverErrors,
    ...nuxtErrors,
    ...versionErrors,
  }
  return new ConvueError({ code, ...writeTexts(definitions[code], params) })
}
