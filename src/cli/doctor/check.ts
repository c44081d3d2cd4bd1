/** The form of a check of `convue doctor`. */
import type { Finding } from './findings.ts'

/** The findings of a check, or why it was skipped. */
export type CheckResult = Finding[] | { skipped: string }

/** A check of the app, by the name that the report shows. */
export interface Check<Context> {
  name: string
  run: (context: Context) => CheckResult | Promise<CheckResult>
}
