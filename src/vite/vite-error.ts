/** Creates the errors of `convue/vite` from the error catalogue. */
import type { ArgsOf, CodeOf } from '../errors/catalogue.ts'
import type { ErrorDefinition } from '../errors/error-definition.ts'
import { ConvueError } from '../errors/convue-error.ts'
import { writeTexts } from '../errors/error-definition.ts'
import { versionErrors } from '../errors/version-errors.ts'
import { viteErrors } from '../errors/vite-errors.ts'

type ViteErrorCode = CodeOf<'vite'>

/** Creates an error from its code, the params that its message mentions, and its cause. */
export function viteError<Code extends ViteErrorCode>(code: Code, ...args: ArgsOf<Code>): ConvueError
export function viteError(code: ViteErrorCode, params?: unknown, cause?: unknown): ConvueError {
  const definitions: Record<ViteErrorCode, ErrorDefinition> = { ...viteErrors, ...versionErrors }
  return new ConvueError({ code, ...writeTexts(definitions[code], params), cause })
}
