/** The events of a page after which a connection is checked, or a check ends. */
import type { Cancel } from './schedule.ts'

/** The page is shown again, online again, or hidden. */
export type PageEvent = 'shown' | 'online' | 'hidden'

/**
 * Calls `onEvent` until the returned function is called. One return to a page can have several
 * events. A page that is hidden reports only this.
 */
export function onPageEvents(onEvent: (event: PageEvent) => void): Cancel {
  const page = new AbortController()
  const { signal } = page
  for (const type of ['visibilitychange', 'resume'])
    document.addEventListener(type, report, { signal })
  for (const type of ['pageshow', 'online'])
    window.addEventListener(type, report, { signal })
  return () => page.abort()

  function report({ type }: Event): void {
    if (document.hidden)
      onEvent('hidden')
    else
      onEvent(type === 'online' ? 'online' : 'shown')
  }
}
