/** Pages that are rendered as the user of a verified token while the session is requested. */
import type { ConvexRequest, RequestSession } from 'convue/server'
import type { EventHandler, H3Event, useNitroApp } from '../nitro.ts'
import type { ReadFields } from './assumed-record.ts'
import type { RenderedIdentity } from './rendered-identity.ts'
import { getRouteRules } from '../nitro.ts'
import { createAssumedRecord } from './assumed-record.ts'

/** The identity for which a page is rendered before Better Auth has confirmed the session. */
export interface AssumedIdentity {
  /**
   * The user and the session that the token states. Once Better Auth has reported the same session,
   * they have all fields of its report.
   */
  auth: RequestSession & { token: string }
  /** The identity that Better Auth reports: see `findIdentity`. */
  found: Promise<RenderedIdentity>
  /**
   * Resolves once `found` has resolved and `auth` is complete. Anything but `correct` means that
   * the page must be rendered again: Better Auth reports another session or none (`wrong`), or the
   * page has read a field with another value.
   */
  outcome: Promise<ReadFields | 'wrong'>
  /** Whether components that use the user or the session must wait for `outcome`. */
  isAwaited: boolean
}

/**
 * Whether a server renders pages for an identity before the session is confirmed, and whether
 * components wait for the session. A server begins with `at once`. If a page reads a field that
 * tokens do not have, all pages would probably be rendered twice, so the server changes to
 * `components wait`, and if that does not help, to `never`.
 */
type Mode = 'at once' | 'components wait' | 'never'

/**
 * The mode after a page has read a field that tokens do not have. The page may have been rendered
 * in an earlier mode: `isAwaited` says whether its components have waited.
 */
function afterMissingField(mode: Mode, isAwaited: boolean): Mode {
  return isAwaited || mode === 'never' ? 'never' : 'components wait'
}

type Assume = (
  event: H3Event,
  request: ConvexRequest,
  findIdentity: () => Promise<RenderedIdentity>,
) => Promise<AssumedIdentity | null>

interface Rendering {
  identity: AssumedIdentity
  /** Restores the headers and the status that the response had before the rendering. */
  resetResponse: () => void
}

/**
 * Renders pages for an assumed identity. The response is held back until Better Auth has confirmed
 * the identity, even if the response is a redirect or an error. If the assumption was wrong, the
 * response is dropped, and the page is rendered again for the identity that Better Auth reports.
 *
 * @param nitro Its router renders the pages.
 * @param forgetResults Called before a page is rendered again, unless it is certainly rendered for
 * the same user. Removes everything that was fetched for the assumed user; if `isOther`, also the
 * identity of the event, so that it is determined again.
 */
export function createAssumptions(
  nitro: ReturnType<typeof useNitroApp>,
  forgetResults: (event: H3Event, isOther: boolean) => void,
): Assume {
  const renderings = new WeakMap<H3Event, Rendering>()
  /** The events whose identity is not assumed a second time. */
  const confirmed = new WeakSet<H3Event>()
  let mode: Mode = 'at once'
  const layer = nitro.h3App.stack.find(({ handler }) => handler === nitro.router.handler)
  if (layer)
    layer.handler = Object.assign(withConfirmation(layer.handler), layer.handler)

  function withConfirmation(handler: EventHandler): EventHandler {
    return async (event) => {
      const conclude = await attempt(handler, event)
      const rendering = renderings.get(event)
      if (!rendering)
        return conclude()
      renderings.delete(event)
      confirmed.add(event)
      const { identity, resetResponse } = rendering
      const isSent = event.node.res.headersSent
      const outcome = await identity.outcome
      if (outcome === 'missing')
        mode = afterMissingField(mode, identity.isAwaited)
      if (outcome === 'correct' || isSent)
        return conclude()
      resetResponse()
      if (outcome === 'wrong')
        forgetResults(event, isOtherIdentity(identity.auth, await identity.found))
      return await handler(event)
    }
  }

  return async (event, request, findIdentity) => {
    const isPage = event.method === 'GET' || event.method === 'HEAD'
    // The first part of a streamed page would be sent before the identity is confirmed.
    const isStreamed = !!(getRouteRules(event) as { streaming?: unknown }).streaming
    if (!layer || !isPage || isStreamed || mode === 'never' || confirmed.has(event))
      return null
    const identity = await assumeIdentity(request, findIdentity, mode === 'components wait')
    if (identity)
      renderings.set(event, { identity, resetResponse: rememberResponse(event) })
    return identity
  }
}

async function assumeIdentity(
  request: ConvexRequest,
  findIdentity: () => Promise<RenderedIdentity>,
  isAwaited: boolean,
): Promise<AssumedIdentity | null> {
  const stated = await request.getTokenAuth()
  if (!stated)
    return null
  const user = createAssumedRecord(stated.user)
  const session = createAssumedRecord(stated.session)
  const auth = { user: user.record, session: session.record, token: stated.token }
  const found = findIdentity()
  const outcome = found.then((found) => {
    if (!found || isOtherIdentity(auth, found))
      return 'wrong'
    const [userFields, sessionFields] = [user.complete(found.user), session.complete(found.session)]
    return userFields === 'correct' || sessionFields === 'missing' ? sessionFields : userFields
  })
  return { auth, found, outcome, isAwaited }
}

/** Whether Better Auth definitely reports another identity than the assumed one. */
function isOtherIdentity({ user, session }: AssumedIdentity['auth'], found: RenderedIdentity): boolean {
  if (found === undefined)
    return false
  return !found || found.user.id !== user.id || found.session.id !== session.id
}

/** Runs a handler. Returns a function that returns its result, or throws its error. */
async function attempt(handler: EventHandler, event: H3Event): Promise<() => unknown> {
  try {
    const result = await handler(event)
    return () => result
  }
  catch (error) {
    return () => {
      throw error
    }
  }
}

function rememberResponse({ node: { res } }: H3Event): () => void {
  const { statusCode, statusMessage } = res
  const headers = { ...res.getHeaders() }
  return () => {
    Object.assign(res, { statusCode, statusMessage })
    for (const name of res.getHeaderNames()) {
      if (!(name in headers))
        res.removeHeader(name)
    }
    for (const [name, value] of Object.entries(headers))
      res.setHeader(name, value!)
  }
}
