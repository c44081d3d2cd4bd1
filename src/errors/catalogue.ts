/** The error catalogue as types: all codes, with their entry points and their params. */
import type { convexErrors } from './convex-errors.ts'
import type { devErrors } from './dev-errors.ts'
import type { ErrorArgs, ErrorScope } from './error-definition.ts'
import type { identityErrors } from './identity-errors.ts'
import type { mockErrors } from './mock-errors.ts'
import type { nuxtErrors } from './nuxt-errors.ts'
import type { outboxErrors } from './outbox-errors.ts'
import type { persistErrors } from './persist-errors.ts'
import type { serverErrors } from './server-errors.ts'
import type { tabsErrors } from './tabs-errors.ts'
import type { testingErrors } from './testing-errors.ts'
import type { uploadErrors } from './upload-errors.ts'
import type { usageErrors } from './usage-errors.ts'
import type { versionErrors } from './version-errors.ts'

// Joins the types of the lists, and not the lists themselves, since one object with all lists would
// add the text of every error to the client's bundle.
type Catalogue
  = & typeof usageErrors
    & typeof uploadErrors
    & typeof identityErrors
    & typeof persistErrors
    & typeof outboxErrors
    & typeof serverErrors
    & typeof nuxtErrors
    & typeof testingErrors
    & typeof mockErrors
    & typeof tabsErrors
    & typeof convexErrors
    & typeof versionErrors
    & typeof devErrors

/** The code of an error. Codes are permanent, and are never reused for another error. */
export type ConvueErrorCode = keyof Catalogue

/** The codes of the errors that an entry point raises. */
export type CodeOf<Scope extends ErrorScope> = {
  [Code in ConvueErrorCode]: Scope extends Catalogue[Code]['scopes'][number] ? Code : never
}[ConvueErrorCode]

/** The arguments that follow this code when an error is made: its params, and its cause. */
export type ArgsOf<Code extends ConvueErrorCode> = ErrorArgs<Catalogue[Code]>
