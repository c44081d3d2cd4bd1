/** The server's part of server rendering: fetches a page's queries, and collects their results. */
import type { JSONValue, Value } from 'convex/values'
import type { QueryDescriptor } from '../shared/query-descriptor.ts'
import type { SsrData, SsrOutcome } from './ssr-data.ts'
import type { SsrResult, SsrResults } from './ssr-results.ts'
import { diagnose } from '../errors/diagnose.ts'
import { readOutcome, resultKey, writeError } from './ssr-results.ts'

/** What {@link collectSsrData} needs of a `ConvexRequest` of `convue/server`. */
export interface SsrRequest {
  preloadByName: (name: string, args: Record<string, Value>) => Promise<{ value: JSONValue, userId: string | null }>
}

/** Options of {@link collectSsrData}. */
export interface CollectSsrDataOptions {
  /**
   * Calls Convex as the user of the request, or anonymously if the request has no session:
   * `forRequest(request)`.
   */
  request: SsrRequest
  /**
   * Calls Convex anonymously, for public queries: pass the result of `forRequest` for a request
   * without cookies.
   */
  anonymousRequest: SsrRequest
}

/** What {@link collectSsrData} returns: the option `ssrData` of `createConvex` on a server. */
export interface CollectedSsrData extends SsrData {
  fetch: NonNullable<SsrData['fetch']>
  /**
   * The results that have arrived, as plain JSON: the page contains them, and its browser passes
   * them to `restoreSsrData`.
   */
  results: SsrResults
  /** Resolves once all queries that have been requested until now have a result or an error. */
  settled: () => Promise<void>
}

/**
 * Fetches the queries of one page while a server renders it, each once, and collects their results.
 * Create one collector for each request.
 *
 * @example
 * const ssrData = collectSsrData({ request, anonymousRequest })
 * app.use(createConvex({ url, authClient, initialAuth: await request.getAuth(), ssrData }))
 * const html = await renderToString(app)
 * const payload = JSON.stringify({ auth: await request.getAuth(), results: ssrData.results })
 */
export function collectSsrData({ request, anonymousRequest }: CollectSsrDataOptions): CollectedSsrData {
  const results: SsrResults = {}
  /** By key: the components that use one query wait for the same promise. */
  const fetched = new Map<string, Promise<SsrOutcome>>()

  async function fetchOnce(key: string, { name, args }: QueryDescriptor, userId: string | null): Promise<SsrOutcome> {
    const outcome = await preload(userId === null ? anonymousRequest : request, name, args, userId)
    results[key] = { userId, outcome }
    return readOutcome(outcome)
  }

  return {
    results,
    fetch(query, identity) {
      // A query never runs anonymously for a user who may be signed in.
      if (identity === undefined || (query.auth === 'required' && identity === null))
        return undefined
      const key = resultKey(query)
      let outcome = fetched.get(key)
      if (!outcome) {
        outcome = fetchOnce(key, query, identity)
        fetched.set(key, outcome)
      }
      return outcome
    },
    settled: async () => {
      await Promise.all(fetched.values())
    },
  }
}

/** Never rejects: the failure of one query is the state of that query. */
async function preload(
  request: SsrRequest,
  name: string,
  args: Record<string, Value>,
  userId: string | null,
): Promise<SsrResult['outcome']> {
  try {
    const preloaded = await request.preloadByName(name, args)
    if (preloaded.userId !== userId)
      throw diagnose('IDENTITY_CHANGED', 'rendering')
    return { value: preloaded.value }
  }
  catch (error) {
    return { error: writeError(error) }
  }
}
