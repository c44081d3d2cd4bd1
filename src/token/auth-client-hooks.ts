/** The hooks that Convue adds to a Better Auth client. */
import { isUnauthorized, readJsonAnswer } from '../shared/auth-answers.ts'

/** A client to which the hooks have been added. */
export interface HookedClient {
  /**
   * Whether the hooks have been added. Remains `false` for a client to which hooks cannot be added.
   */
  isHooked: boolean
  /** The address of the auth server, or an empty string for a client without hooks. */
  baseURL: Promise<string>
  /**
   * Resolves once no request of the client that may change the session is pending. If a request has
   * changed the session, resolves after the client has requested the session again.
   */
  whenIdle: () => Promise<void>
  /**
   * Why the sign-in that has returned to this page has failed, as `crossDomainClient()` of
   * `convue/convex/client` reports it, until a user signs in.
   */
  signInError?: () => Error | undefined
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
  signInError?: () => Error | undefined
}

/** Makes `whenIdle` wait for this work. */
type Track = (work: Promise<unknown>) => void

/** The `code` of the error that replaces an inconclusive answer of get-session. */
export const INCONCLUSIVE = 'SESSION_ANSWER_INCONCLUSIVE'

const hooked = /* @__PURE__ */ new WeakMap<FetchClient, HookedClient>()

/**
 * Adds hooks to a Better Auth client, once per client:
 *
 * - For Better Auth's client, the JSON `null` from get-session means "signed out". The client
 *   treats an empty answer, `false`, `0`, `""` and any answer with status 401 in the same way. The
 *   hook replaces such an answer with an error, so that neither Convue nor `useSession` reports a
 *   sign-out.
 * - The client does not expose whether a request that may change the session is under way. The hook
 *   collects these requests.
 * - After most requests that change the session, Better Auth's client requests the session again,
 *   because it sends itself a signal. For some requests it does not, so the hook sends the signal.
 * - `crossDomainClient()` removes the session from its storage before it sends the sign-out
 *   request. The hook keeps the stored session until the answer arrives. A successful answer then
 *   removes the session, and a failed request changes nothing.
 *
 * All requests of a client share the same list of plugins. Convue gets access to this list through
 * a request that is aborted before it is sent.
 */
export function hookAuthClient(client: FetchClient): HookedClient {
  const known = hooked.get(client)
  if (known)
    return known
  const writes = new Set<Promise<unknown>>()
  const track: Track = (work) => {
    const settle = (): unknown => writes.delete(work)
    writes.add(work)
    work.then(settle, settle)
  }
  const state: HookedClient = {
    isHooked: false,
    baseURL: readFetchOptions(client).then((options) => {
      const plugins: FetchPlugin[] = options?.plugins ?? []
      const lifecycle = plugins.find(({ id }) => id === 'lifecycle-hooks')
      if (!lifecycle)
        return ''
      addHooks(lifecycle, client, track)
      countWrites(lifecycle, track)
      const crossDomain = plugins.find(({ id }) => id === 'cross-domain')
      if (crossDomain) {
        keepSessionUntilAnswer(crossDomain)
        state.signInError = crossDomain.signInError
      }
      state.isHooked = true
      return String(options.baseURL)
    }),
    async whenIdle() {
      while (writes.size > 0)
        await Promise.allSettled(writes)
    },
  }
  hooked.set(client, state)
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
    // The signal is aborted from the start, so that even a client that ignores the plugin does not
    // send the request.
    await client.$fetch('/get-session', { plugins: [probe], signal: AbortSignal.abort() })
  }
  catch {}
  return found
}

function addHooks(lifecycle: FetchPlugin, { $store }: FetchClient, track: Track): void {
  /**
   * Paths that end a session and for which Better Auth's client sends no signal. Their answers do
   * not show that the session has ended.
   */
  const ENDING_PATHS = /\/(?:multi-session\/revoke|delete-anonymous-user|delete-user\/callback)$/
  const { hooks } = lifecycle
  lifecycle.hooks = {
    ...hooks,
    async onResponse(context) {
      const replaced = await hooks?.onResponse?.(context)
      const response: Response = replaced instanceof Response ? replaced : replaced?.response ?? context.response
      if (!isRequestTo(/\/get-session$/, context) || await isDefinite(response))
        return replaced
      const error = { code: INCONCLUSIVE, message: `get-session answered ${response.status}` }
      return { response: Response.json(error, { status: 502 }) }
    },
    async onSuccess(context) {
      await hooks?.onSuccess?.(context)
      if (!context.request.disableSignal && (isRequestTo(ENDING_PATHS, context) || hasSession(context)))
        track(requestSession($store))
    },
  }
}

/**
 * Whether an answer contains a session, as the answer to every sign-in does. The body is checked,
 * since scripts cannot read the session cookie of an answer.
 */
function hasSession(context: { data: any, request: { url: URL | string } }): boolean {
  return isSignInAnswer(context.data) && !isRequestTo(/\/get-session$/, context)
}

/** Whether the body of an answer describes the session that a sign-in has started. */
export function isSignInAnswer(data: any): boolean {
  const { session, token, user } = data ?? {}
  return !!(session || (token && user))
}

/**
 * Makes the client request the session, and resolves when the client has the answer, or after ten
 * seconds. Sends the signal unless the client or one of its plugins sends it, which happens within
 * 10 ms after the answer. A second signal would cause a second request.
 */
async function requestSession({ atoms, notify }: FetchClient['$store']): Promise<void> {
  const MAX_CHECKS = 500
  const read = (): unknown => atoms.$sessionSignal?.value
  const before = read()
  await delay()
  if (read() === before)
    notify?.('$sessionSignal')
  // Does not subscribe to the atom: this would send a request if the atom is not in use.
  let checks = 0
  do await delay()
  while (atoms.session.value.isRefetching && ++checks < MAX_CHECKS)
}

/** Resolves after the time in which Better Auth's client handles an answer and sends its signal. */
function delay(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, 20))
}

/** Tracks each request with a method other than GET until it is answered. */
function countWrites(lifecycle: FetchPlugin, track: Track): void {
  lifecycle.init = (url, options) => {
    const { customFetchImpl: send = fetch } = options
    // The options object belongs to one request and is shared by all plugins, so it can be changed.
    // A copy would have no effect, since the next plugin would replace it.
    options.customFetchImpl = (input: unknown, init?: RequestInit) => {
      const answer: Promise<unknown> = send(input, init)
      if (init?.method !== 'GET')
        track(answer.then(delay, delay))
      return answer
    }
    return { url, options }
  }
}

/**
 * Keeps the stored session until the sign-out request is answered. The answer then expires the
 * stored cookie, and the client's own signal makes it request the session.
 */
function keepSessionUntilAnswer(crossDomain: FetchPlugin): void {
  const { init } = crossDomain
  // The plugin recognizes a sign-out by the path of the request, so its `init` is called with
  // another path.
  crossDomain.init = async (url, options) => ({ ...await init!(url.replace('/sign-out', '/'), options), url })
}

function isRequestTo(path: RegExp, { request }: { request: { url: URL | string } }): boolean {
  return path.test(String(request.url).replace(/[?#].*/, ''))
}

/**
 * Whether the client handles an answer correctly: the answer is definite about the session, or the
 * client treats it as a failure.
 */
async function isDefinite(response: Response): Promise<boolean> {
  const { ok, status } = response
  if (!ok && status !== 401)
    return true
  // If the body of an answer cannot be read, the client itself fails, so the answer needs no
  // replacement.
  const body = readJsonAnswer(await response.clone().text().catch(() => 'null'))
  return ok ? body !== undefined : isUnauthorized(status, body)
}
