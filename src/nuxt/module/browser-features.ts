/** Features of the browser that a build contains only with their options. */
import type { ResolvedOptions } from './options.ts'
import { addTemplate, createResolver } from 'nuxt/kit'

const { resolve } = createResolver(import.meta.url)

/** Whether a feature is used that imports the package `idb`. */
export function storesData({ persist, outbox }: ResolvedOptions): boolean {
  return !!persist || !!outbox
}

export function addBrowserFeatures(options: ResolvedOptions): void {
  addTemplate({
    filename: 'convue/browser-features.mjs',
    write: true,
    getContents: () => [resultStoreCode(options), outboxCode(options), clientOptionsCode(options)].join(''),
  })
}

function resultStoreCode({ persist, server }: ResolvedOptions): string {
  if (!persist)
    return 'export const createResultStore = () => undefined\n'
  const options = { cookiePrefix: server.cookiePrefix, ...persist === true ? {} : persist }
  return 'import { indexedDbStore } from \'convue/persist\'\n'
    + `export const createResultStore = readAfter => indexedDbStore({ ...${JSON.stringify(options)}, readAfter })\n`
}

function outboxCode({ outbox }: ResolvedOptions): string {
  if (!outbox)
    return 'export const createOutbox = () => undefined\n'
  return 'import { indexedDbOutbox } from \'convue/offline\'\n'
    + `export const createOutbox = () => indexedDbOutbox(${JSON.stringify(outbox === true ? {} : outbox)})\n`
}

/** The worker is a file of this module, so that Vite finds it from any app. */
function clientOptionsCode({ sharedTabs }: ResolvedOptions): string {
  if (!sharedTabs)
    return 'export const clientOptions = undefined\n'
  const worker = JSON.stringify(`${resolve('../runtime/app/utils/tabs-worker')}?sharedworker`)
  return 'import { sharedTabs } from \'convue/tabs\'\n'
    + `import TabsWorker from ${worker}\n`
    + 'export const clientOptions = { webSocketConstructor: sharedTabs(() => new TabsWorker()) }\n'
}
