import type { H3Event } from 'h3'
import type { useNitroApp } from 'nitropack/runtime'
import { AsyncLocalStorage } from 'node:async_hooks'

// Which request caused another one. While Nitro answers a request from outside, it sends requests to itself: for the error page, for islands, for
// `$fetch` of the app's own routes. What is decided about the request from outside holds for all of them. What is decided is in other files.

/** The event that is being answered, for all code that runs because of it. */
const answering = new AsyncLocalStorage<H3Event>()
/** The caller of each event; an event that was requested from outside has none. */
const callers = new WeakMap<H3Event, H3Event | undefined>()
/** By their contexts, which `event.fetch` and `event.$fetch` pass on: for runtimes without a real `AsyncLocalStorage`. */
const events = new WeakMap<object, H3Event>()

/** Starts to record which event causes which other one. */
export function trackCallers({ h3App, hooks }: ReturnType<typeof useNitroApp>): void {
  const { handler, options } = h3App
  const { onError } = options
  h3App.handler = (event) => {
    const { __unenv__: context } = event.node.req as { __unenv__?: object }
    callers.set(event, answering.getStore() ?? (context && events.get(context)))
    return answering.run(event, () => handler(event))
  }
  // The error page is requested from here, after the handler has ended.
  if (onError)
    options.onError = (error, event) => answering.run(event, () => onError(error, event))
  hooks.hook('request', event => void events.set(event.context, event))
}

/** The event that caused this one; `undefined` if the request came from outside. */
export function callerOf(event: H3Event): H3Event | undefined {
  if (callers.has(event))
    return callers.get(event)
  // An event that Nitro made for a cached handler, which stands for the event that is being answered.
  return answering.getStore() ?? events.get(event.context)
}

/** The event of the request from outside that caused this one; the event itself if it came from outside. */
export function outermostEvent(event: H3Event): H3Event {
  const caller = callerOf(event)
  return caller ? outermostEvent(caller) : event
}
