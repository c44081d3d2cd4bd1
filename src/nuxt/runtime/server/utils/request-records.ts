/** Records the latest requests to the app's server and the calls in them, without tokens. */
import type { ConvexRequest } from 'convue/server'
import type { H3Event } from '../nitro.ts'
import type { EventConvex } from './request-convex.ts'
import { readClaims } from '../../../../shared/jwt.ts'

/** A call of a function by the app's server. */
export interface RecordedCall {
  name: string
  durationMs: number
  /** The message of the error; absent if the call has succeeded. */
  error?: string
}

/** A request from outside, with the calls of all requests that it has caused. */
export interface RequestRecord {
  /** The time in ms since 1970. */
  at: number
  method: string
  path: string
  status: number
  durationMs: number
  /** The user's name or id, `anonymous`, or why the identity is unknown. */
  identity: string
  /** How long ago the token was issued, such as `12 of 900 s`; absent without a token. */
  tokenAge?: string
  queries: RecordedCall[]
  /** The content of the page's payload; absent if the response is not a page. */
  payload?: string
  /** Why the response is the same for all users; `null` if it is not. */
  sharedBy: string | null
  cacheControl?: string
  vary?: string
}

/** The part of the payload that Convue adds. */
interface RecordedPayload {
  auth?: { token: string | null } | null
  results: object
}

/** The requests of one server that uses Convue. */
export interface RequestRecords {
  /** The latest requests, newest first. */
  readonly latest: readonly RequestRecord[]
  /** Begins to record a request from outside. */
  start: (event: H3Event) => void
  /** Wraps the calls of an event so that they are recorded for the request `outermost`. */
  wrap: (outermost: H3Event, convex: EventConvex) => EventConvex
  addPayload: (outermost: H3Event, payload: RecordedPayload) => void
  /** Keeps the record if the request has used Convue. */
  end: (event: H3Event) => void
}

const KEPT_REQUESTS = 20

export function createRequestRecords(): RequestRecords {
  const latest: RequestRecord[] = []
  const records = new WeakMap<H3Event, RequestRecord>()
  const used = new WeakSet<H3Event>()
  const wrapped = new WeakMap<EventConvex, EventConvex>()

  return {
    latest,
    start(event) {
      records.set(event, {
        at: Date.now(),
        method: event.method,
        path: event.path,
        status: 0,
        durationMs: 0,
        identity: 'not requested',
        queries: [],
        sharedBy: null,
      })
    },
    wrap(outermost, convex) {
      const record = records.get(outermost)
      if (!record)
        return convex
      used.add(outermost)
      if (convex.sharedBy) {
        record.sharedBy = convex.sharedBy
        record.identity = 'anonymous, as for all users'
      }
      let recording = wrapped.get(convex)
      if (!recording) {
        recording = {
          ...convex,
          request: recordCalls(convex.request, record),
          anonymousRequest: recordCalls(convex.anonymousRequest, record),
          findIdentity: async () => {
            const identity = await convex.findIdentity()
            if (!convex.sharedBy)
              addIdentity(record, identity)
            return identity
          },
          // The response is held back until the identity is confirmed, so the record is complete.
          assumeIdentity: async () => {
            const assumed = await convex.assumeIdentity()
            void assumed?.found.then(identity => addIdentity(record, identity))
            return assumed
          },
        }
        wrapped.set(convex, recording)
      }
      return recording
    },
    addPayload(outermost, payload) {
      const record = records.get(outermost)
      if (record)
        record.payload = describePayload(payload)
    },
    end(event) {
      const record = records.get(event)
      if (!record || !used.has(event))
        return
      const { res } = event.node
      record.status = res.statusCode
      record.durationMs = Date.now() - record.at
      addHeader(record, 'cacheControl', res.getHeader('cache-control'))
      addHeader(record, 'vary', res.getHeader('vary'))
      latest.unshift(record)
      latest.splice(KEPT_REQUESTS)
    },
  }
}

function recordCalls(request: ConvexRequest, { queries }: RequestRecord): ConvexRequest {
  const methods = Object.entries(request).map(([method, call]) => {
    if (!/^(?:fetch|preload)/.test(method))
      return [method, call]
    return [method, async (...args: unknown[]) => {
      const startedAt = performance.now()
      const recorded: RecordedCall = { name: nameOf(args[0]), durationMs: 0 }
      queries.push(recorded)
      try {
        return await (call as (...args: unknown[]) => Promise<unknown>)(...args)
      }
      catch (error) {
        recorded.error = (error as Error).message
        throw error
      }
      finally {
        recorded.durationMs = Math.round(performance.now() - startedAt)
      }
    }]
  })
  return Object.fromEntries(methods)
}

/** The name of a function: a reference of `convex/server` has it under this symbol. */
function nameOf(reference: unknown): string {
  if (typeof reference === 'string')
    return reference
  return String((reference as Record<symbol, unknown>)[Symbol.for('functionName')] ?? 'unknown')
}

function addIdentity(record: RequestRecord, identity: Awaited<ReturnType<EventConvex['findIdentity']>>): void {
  if (!identity) {
    record.identity = identity === null ? 'anonymous' : 'unknown: Better Auth does not answer'
    return
  }
  const { user, token } = identity as { user: any, token: string | null }
  record.identity = String(user.name ?? user.email ?? user.id)
  const age = token === null ? undefined : ageOf(token)
  if (age !== undefined)
    record.tokenAge = age
}

/** Reads only the times of a token. */
function ageOf(token: string): string | undefined {
  const claims = readClaims(token)
  if (!claims)
    return undefined
  const { iat, exp } = claims
  return `${Math.round(Date.now() / 1000 - iat)} of ${exp - iat} s`
}

function describePayload({ auth, results }: RecordedPayload): string {
  const count = Object.keys(results).length
  const size = (JSON.stringify(results).length / 1024).toFixed(1)
  const parts = [`results: ${count} (${size} KiB)`]
  if (auth)
    parts.push('the user', auth.token === null ? 'no token' : 'a token')
  else
    parts.push(auth === null ? 'anonymous' : 'no identity')
  return parts.join(', ')
}

function addHeader(record: RequestRecord, name: 'cacheControl' | 'vary', value: unknown): void {
  if (value !== undefined)
    record[name] = String(value)
}
