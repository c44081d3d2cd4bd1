/** The hooks that Convue adds to a Better Auth client. */
import { isUnauthorized, readJsonAnswer } from '../shared/auth-answers.ts'

/** What is known of a client once the hooks are in place. */
export interface HookedClient {
  /** `null` while the hooks are not in place (or never, in a client that is built in another way). */
  baseURL: string | null
  /** Resolves with {@link baseURL} once it has been found out. */
  ready: Promise<string | null>
  /** Resolves once no request of the client is under way that may change the session. */
  whenIdle: () => Promise<void>
}

/** The part of a Better Auth client through which all of its requests are sent. */
interface FetchClient {
  $fetch: (path: string, options?: any) => Promise<any>
  $store: { atoms: Record<string, any>, notify?: (signal: string) => void }
}

/** The parts of a fetch plugin of `better-fetch` that are used here. */
interface FetchPlugin {
  id: string
  init?: (url: string, options: any) => any
  hooks?: { onResponse?: (context: any) => any, onSuccess?: (context: any) => any }
}

/** The `code` of the error that replaces an answer of get-session which says nothing about the session. */
export const INCONCLUSIVE = 'SESSION_ANSWER_INCONCLUSIVE'

const hooked = /* @__PURE__ */ new WeakMap<FetchClient, HookedClient>()

/**
 * Adds hooks to a Better Auth client, once per client:
 *
 * - Better Auth's client takes an empty answer of get-session (and `false`, `0` or `""`) for the JSON
 *   `null` that means "signed out", and any 401 too. The hook replaces such an answer with an error, so
 *   that neither Convue nor `useSession` sees a sign-out.
 * - It does not say whether it has sent anything that may change the session: the hook counts that.
 * - Some of its requests change the session without a signal. The hook sends the signal, which requests
 *   the session.
 * - `crossDomainClient()` removes the session from its storage before it sends the sign-out request.
 *   The hook leaves that to the answer, so that a request that fails changes nothing.
 *
 * All requests of a client share its plugins: a request that is stopped before it is sent shows them.
 */
export function hookAuthClient(client: FetchClient): HookedClient {
  let state = hooked.get(client)
  if (!state) {
    const writes = new Set<Promise<unknown>>()
    const whenIdle = async (): Promise<void> => {
      while (writes.size > 0)
        await Promise.allSettled(writes)
    }
    state = { baseURL: null, ready: Promise.resolve(null), whenIdle }
    hooked.set(client, state)
    state.ready = readFetchOptions(client).then((options) => {
      const plugins: FetchPlugin[] = options?.plugins ?? []
      const lifecycle = plugins.find(({ id }) => id === 'lifecycle-hooks')
      if (!lifecycle)
        return null
      addHooks(lifecycle, client)
      countWrites(lifecycle, writes)
      const crossDomain = plugins.find(({ id }) => id === 'cross-domain')
      if (crossDomain)
        keepSessionUntilAnswer(crossDomain)
      return state!.baseURL = String(options.baseURL)
    })
  }
  return state
}

/** The options of every request of a client. `undefined` if they cannot be read. */
async function readFetchOptions(client: FetchClient): Promise<any> {
  let found: unknown
  const probe: FetchPlugin = {
    id: 'convue',
    init(_url, options) {
      found = options
      options.signal.throwIfAborted()
    },
  }
  try {
    // Aborted from the start, so that a client that ignores the plugin does not send it either.
    await client.$fetch('/get-session', { plugins: [probe], signal: AbortSignal.abort() })
  }
  catch {}
  return found
}

/** Paths that end a session, whose answers do not say so, and for which Better Auth's client sends no signal. */
const ENDING_PATHS = /\/(?:multi-session\/revoke|delete-anonymous-user|delete-user\/callback)$/

function addHooks(lifecycle: FetchPlugin, { $store }: FetchClient): void {
  const { onResponse, onSuccess } = lifecycle.hooks ?? {}
  lifecycle.hooks = {
    ...lifecycle.hooks,
    async onResponse(context) {
      const replaced = await onResponse?.(context)
      const response: Response = replaced instanceof Response ? replaced : replaced?.response ?? context.response
      if (!isRequestTo(/\/get-session$/, context) || await isDefinite(response))
        return replaced
      return { response: Response.json({ code: INCONCLUSIVE, message: `get-session answered ${response.status}` }, { status: 502 }) }
    },
    async onSuccess(context) {
      await onSuccess?.(context)
      if (!context.request.disableSignal && (isRequestTo(ENDING_PATHS, context) || hasSession(context)))
        ensureSignal($store)
    },
  }
}

/** Whether an answer brings a session: every sign-in does, and what it sets as a cookie cannot be read. */
function hasSession(context: { data: any, request: { url: URL | string } }): boolean {
  const { session, token, user } = context.data ?? {}
  return !!(session || (token && user)) && !isRequestTo(/\/get-session$/, context)
}

/** Sends the signal unless the client or a plugin of it does, which is within 10 ms after the answer: one request is enough. */
function ensureSignal({ atoms, notify }: FetchClient['$store']): void {
  const read = (): unknown => atoms.$sessionSignal?.value
  const former = read()
  setTimeout(() => read() === former && notify?.('$sessionSignal'), 20)
}

/** Keeps in `writes` what a client sends with another method than GET, for as long as it has no answer. */
function countWrites(lifecycle: FetchPlugin, writes: Set<Promise<unknown>>): void {
  lifecycle.init = (url, options) => {
    const { customFetchImpl: send = fetch } = options
    // Each request has options of its own, which all plugins share: those that are returned, the next plugin replaces.
    options.customFetchImpl = (input: unknown, init?: RequestInit) => {
      const answer: Promise<unknown> = send(input, init)
      if (init?.method !== 'GET') {
        const settle = (): unknown => writes.delete(answer)
        writes.add(answer)
        answer.then(settle, settle)
      }
      return answer
    }
    return { url, options }
  }
}

/** The answer expires the stored cookie, and the signal after a sign-out requests the session. */
function keepSessionUntilAnswer(crossDomain: FetchPlugin): void {
  const { init } = crossDomain
  // The plugin recognizes the request by its path.
  crossDomain.init = async (url, options) => ({ ...await init!(url.replace('/sign-out', '/'), options), url })
}

function isRequestTo(path: RegExp, { request }: { request: { url: URL | string } }): boolean {
  return path.test(String(request.url).replace(/[?#].*/, ''))
}

/** Whether an answer says something about the session, or is an error that the client itself takes for a failure. */
async function isDefinite(response: Response): Promise<boolean> {
  const { ok, status } = response
  if (!ok && status !== 401)
    return true
  // An answer that breaks off fails in the client as well.
  const body = readJsonAnswer(await response.clone().text().catch(() => 'null'))
  return ok ? body !== undefined : isUnauthorized(status, body)
}
