/** The error catalogue as types: its codes, who raises them, and the params that they need. */
import type { ErrorArgs, ErrorScope } from './error-definition.ts'
import type { identityErrors } from './identity-errors.ts'
import type { nuxtErrors } from './nuxt-errors.ts'
import type { serverErrors } from './server-errors.ts'
import type { testingErrors } from './testing-errors.ts'
import type { uploadErrors } from './upload-errors.ts'
import type { usageErrors } from './usage-errors.ts'

// The parts are joined as types only: one object of all parts would add every sentence to the
// client's bundle.
type Catalogue
  = & typeof usageErrors
    & typeof uploadErrors
    & typeof identityErrors
    & typeof serverErrors
    & typeof nuxtErrors
    & typeof testingErrors

/** Permanent names of what can go wrong. A code is never reused for another mistake. */
export type ConvueErrorCode = keyof Catalogue

/** The codes that an entry point raises. */
export type CodeOf<Scope extends ErrorScope> = {
  [Code in ConvueErrorCode]: Scope extends Catalogue[Code]['scopes'][number] ? Code : never
}[ConvueErrorCode]

/** The arguments from which an error of this code is made: its params, then its cause. */
export type ArgsOf<Code extends ConvueErrorCode> = ErrorArgs<Catalogue[Code]>
