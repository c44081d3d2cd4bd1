/** The browser's part of server rendering: gives a page the results that its server has fetched. */
import type { SsrData } from './ssr-data.ts'
import type { SsrResults } from './ssr-results.ts'
import { readOutcome, resultKey } from './ssr-results.ts'

/** What {@link restoreSsrData} returns: the option `ssrData` of `createConvex` in a browser. */
export interface RestoredSsrData extends SsrData {
  take: NonNullable<SsrData['take']>
  forgetUser: () => void
  /**
   * Ends the hydration of the page: removes the results that the page has taken, since live results
   * replace them. The others remain for components that are hydrated later, such as when they
   * become visible.
   */
  endHydration: () => void
}

/**
 * Gives a page the results that its server has collected with `collectSsrData`. A page takes each
 * result once; only during hydration may several components take the same one.
 *
 * @example
 * const ssrData = restoreSsrData(payload.results)
 * app.use(createConvex({ url, authClient, initialAuth: payload.auth, ssrData })).mount('#app')
 * ssrData.endHydration()
 */
export function restoreSsrData(collected: SsrResults = {}): RestoredSsrData {
  const results = new Map(Object.entries(collected))
  /**
   * The keys of the results that the page has taken during its hydration; `null` after hydration.
   */
  let taken: Set<string> | null = new Set()

  return {
    take(query, identity) {
      const key = resultKey(query)
      const result = results.get(key)
      if (!result)
        return undefined
      if (taken)
        taken.add(key)
      else
        results.delete(key)
      return result.userId === identity ? readOutcome(result.outcome) : { status: 'pending' }
    },
    forgetUser() {
      for (const [key, { userId }] of results) {
        if (userId !== null)
          results.delete(key)
      }
    },
    endHydration() {
      taken?.forEach(key => results.delete(key))
      taken = null
    },
  }
}
