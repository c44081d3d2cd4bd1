/** The section "Requests" of the data viewer, and the tab of Nuxt DevTools with the data viewer. */
import type { Nuxt } from 'nuxt/schema'
import type { Served } from './page-access.ts'
import { randomBytes } from 'node:crypto'
import { addServerPlugin } from 'nuxt/kit'

/** A tab, as `devtools:customTabs` expects it: see the documentation of Nuxt DevTools. */
interface DevtoolsTab {
  name: string
  title: string
  icon: string
  view: { type: 'iframe', src: string }
}

/** The types of Nuxt do not contain this hook of Nuxt DevTools. */
type HookDevtools = (hook: 'devtools:customTabs', add: (tabs: DevtoolsTab[]) => void) => void

/** Adds a tab with the data viewer, if Nuxt DevTools are enabled. */
export function addDevtoolsTab(nuxt: Nuxt): void {
  const hook = nuxt.hook as unknown as HookDevtools
  hook('devtools:customTabs', tabs => tabs.push({
    name: 'convue',
    title: 'Convue',
    icon: 'carbon-data-base',
    view: { type: 'iframe', src: '/__convue' },
  }))
}

/**
 * Lets the app's server record its latest requests. Returns a function that reads them, newest
 * first.
 *
 * @param nuxt Nuxt in development.
 * @param plugin The path of the Nitro plugin.
 * @param served The server, whose origin is known once it listens.
 */
export function recordRequests(
  nuxt: Nuxt,
  plugin: string,
  served: Pick<Served, 'origin'>,
): () => Promise<readonly object[]> {
  const recordKey = randomBytes(16).toString('hex')
  nuxt.options.runtimeConfig.convex.recordKey = recordKey
  addServerPlugin(plugin)
  return async () => {
    const address = `${served.origin}${nuxt.options.app.baseURL}_convue/requests`
    const response = await fetch(address, { headers: { 'x-convue-key': recordKey } })
    return response.ok ? await response.json() as object[] : []
  }
}
