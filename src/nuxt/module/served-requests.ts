/** The data viewer of `nuxt dev` without the embedded deployment. */
import type { Server } from 'node:http'
import type { Nuxt } from 'nuxt/schema'
import type { Listener, Served } from './page-access.ts'
import { originOf } from './page-access.ts'

/** `howToEmbed` says why the embedded deployment does not run, and how to change this. */
export function serveRequestsOnly(dev: typeof import('convue/dev'), nuxt: Nuxt, howToEmbed: string): Served {
  let origin: string | null = null
  const served: Served = {
    deployment: 'other',
    clientPath: null,
    get origin() {
      return origin
    },
  }
  nuxt.hook('listen', (_server: Server, listener: Listener) => {
    origin = originOf(listener)
  })
  nuxt.hook('vite:serverCreated', (vite, { isClient }) => {
    if (isClient)
      dev.serveRequests(vite, { requests: async () => await served.readRequests?.() ?? [], howToEmbed })
  })
  return served
}
