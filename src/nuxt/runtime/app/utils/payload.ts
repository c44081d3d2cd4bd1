/** The type of Convue's part of the payload, under the key `convue` of Nuxt's payload. */
import type { InitialAuth, SsrResults } from 'convue'

export interface ConvexPayload {
  /**
   * The identity for which the page was rendered; `null` for anonymous. Absent if the identity is
   * not known, or if a cache keeps the page.
   */
  auth?: InitialAuth | null
  results: SsrResults
}
