/** Finds the external request that caused an internal request of the app's server to itself. */
import type { H3Event, useNitroApp } from '../nitro.ts'
import { AsyncLocalStorage } from 'node:async_hooks'

// While Nitro answers an external request, it may send requests to itself: for the error page, for
// islands, and for `$fetch` of the app's own routes. All requests that an external request causes
// have the same identity as the external request.

/** The event that is being answered, in all code that runs for this event. */
const answering = new AsyncLocalStorage<H3Event>()
/** For each event, the event that caused it; `undefined` for the event of an external request. */
const callers = new WeakMap<H3Event, H3Event | undefined>()
/**
 * The event of each context. `event.fetch` and `event.$fetch` pass the context on, so this also
 * works in runtimes without `AsyncLocalStorage`.
 */
const events = new WeakMap<object, H3Event>()

/** Starts to record, for each event, the other event that has caused it. */
export function trackCallers({ h3App, hooks }: ReturnType<typeof useNitroApp>): void {
  const { handler, options } = h3App
  const { onError } = options
  h3App.handler = (event) => {
    const { __unenv__: context } = event.node.req as { __unenv__?: object }
    callers.set(event, answering.getStore() ?? (context && events.get(context)))
    return answering.run(event, () => handler(event))
  }
  // `onError` requests the error page after the handler has ended, so it needs its own `run`.
  if (onError)
    options.onError = (error, event) => answering.run(event, () => onError(error, event))
  hooks.hook('request', (event) => {
    events.set(event.context, event)
  })
}

/**
 * The context of a request that the server sends to itself because of this event. Like
 * `event.fetch`, it passes on the data that the host has added, such as the bindings of a worker.
 */
export function createInnerContext(event: H3Event | undefined): object {
  const context = { ...event?.context }
  if (event)
    events.set(context, event)
  return context
}

/** The event that caused this event; `undefined` if this is the event of an external request. */
export function callerOf(event: H3Event): H3Event | undefined {
  if (callers.has(event))
    return callers.get(event)
  // Unrecorded events belong to cached handlers: Nitro creates them itself while it answers another
  // event.
  return answering.getStore() ?? events.get(event.context)
}

/**
 * The event of the external request that caused this event. For an external request, this is the
 * event itself.
 */
export function outermostEvent(event: H3Event): H3Event {
  const caller = callerOf(event)
  if (caller)
    return outermostEvent(caller)
  return event
}
