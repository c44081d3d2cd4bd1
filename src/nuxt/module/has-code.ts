/** Recognizes errors of parts of Convue that the module loads only in development. */
import type { ConvueErrorCode } from '../../errors/convue-error.ts'

/** By the code and not by the class, because those parts contain the class a second time. */
export function hasCode(error: unknown, code: ConvueErrorCode): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
