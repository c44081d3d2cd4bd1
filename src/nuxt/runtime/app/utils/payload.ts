/** What a rendered page contains of Convex, under the key `convue` of Nuxt's payload. */
import type { InitialAuth, SsrResults } from 'convue'

export interface ConvexPayload {
  /** `null`: anonymous. Absent: the identity is not known, or a cache keeps the page. */
  auth?: InitialAuth | null
  results: SsrResults
}
