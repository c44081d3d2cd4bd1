/** Finds the request that caused another request, if the app's server makes requests to itself. */
import type { H3Event } from 'h3'
import type { useNitroApp } from 'nitropack/runtime'
import { AsyncLocalStorage } from 'node:async_hooks'

// While Nitro answers a request from outside, it sends requests to itself: for the error page, for
// islands, for `$fetch` of the app's own routes. A decision about an external request, such as its
// identity, applies to all requests that the external request causes.

/** The event that is being answered, for all code that runs because of this event. */
const answering = new AsyncLocalStorage<H3Event>()
/** The caller of each event; `undefined` for an event that was requested from outside. */
const callers = new WeakMap<H3Event, H3Event | undefined>()
/**
 * Events by their contexts, which `event.fetch` and `event.$fetch` pass on: for runtimes without
 * `AsyncLocalStorage`.
 */
const events = new WeakMap<object, H3Event>()

/** Starts to record which event causes which other event. */
export function trackCallers({ h3App, hooks }: ReturnType<typeof useNitroApp>): void {
  const { handler, options } = h3App
  const { onError } = options
  h3App.handler = (event) => {
    const { __unenv__: context } = event.node.req as { __unenv__?: object }
    callers.set(event, answering.getStore() ?? (context && events.get(context)))
    return answering.run(event, () => handler(event))
  }
  // `onError` requests the error page, after the handler has ended.
  if (onError)
    options.onError = (error, event) => answering.run(event, () => onError(error, event))
  hooks.hook('request', (event) => {
    events.set(event.context, event)
  })
}

/** The event that caused this one; `undefined` if the request came from outside. */
export function callerOf(event: H3Event): H3Event | undefined {
  if (callers.has(event))
    return callers.get(event)
  // Nitro creates another event for a cached handler, in the place of the event that is being
  // answered.
  return answering.getStore() ?? events.get(event.context)
}

/**
 * The event of the external request that caused this event. An event of an external request is its
 * own outermost event.
 */
export function outermostEvent(event: H3Event): H3Event {
  const caller = callerOf(event)
  if (caller)
    return outermostEvent(caller)
  return event
}
