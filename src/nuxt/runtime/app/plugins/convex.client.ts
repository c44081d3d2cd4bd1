/** Installs Convue in the browser. Queries begin with the results that the server fetched. */
import type { BetterAuthClient } from 'convue'
import type { ConvexPayload } from '../utils/payload.ts'
import { createConvex, restoreSsrData } from 'convue'
import { defineNuxtPlugin, useRuntimeConfig } from 'nuxt/app'
import { findAuthClient } from '#build/convue/auth-client.mjs'
import { clientOptions, createOutbox, createResultStore } from '#build/convue/browser-features.mjs'
import { clientPath, queryDefaults, tokenPath, tokens } from '#build/convue/options.mjs'

export default defineNuxtPlugin({
  name: 'convue',
  setup(nuxtApp) {
    const { auth, results } = takePayload(nuxtApp.payload)
    const authClient: BetterAuthClient | undefined = findAuthClient()
    const ssrData = restoreSsrData(results)
    // A page that the server has rendered must first be hydrated as it was rendered.
    const hydrated = nuxtApp.payload.serverRendered
      ? new Promise<void>(resolve => nuxtApp.hooks.hookOnce('app:suspense:resolve', () => resolve()))
      : undefined
    nuxtApp.vueApp.use(createConvex({
      ...queryDefaults,
      url: clientPath === null ? useRuntimeConfig().public.convex.url : location.origin + clientPath,
      authClient,
      tokens,
      tokenPath,
      initialAuth: auth,
      ssrData,
      persist: createResultStore(hydrated),
      outbox: createOutbox(),
      clientOptions,
    }))
    nuxtApp.hook('app:suspense:resolve', ssrData.endHydration)
  },
})

/**
 * Returns Convue's part of the payload, and removes it from the payload and the document, so that
 * neither contains the user's token or data any longer.
 */
function takePayload(payload: Record<string, any>): ConvexPayload {
  const rendered: Partial<ConvexPayload> = payload.convue ?? {}
  const { auth, results = {} } = rendered
  delete payload.convue
  // Nuxt keeps a reference to the parsed payload, so the object itself is emptied too.
  delete rendered.auth
  delete rendered.results
  if (auth !== undefined || Object.keys(results).length > 0)
    findPayloadScripts().forEach(script => script.remove())
  return { auth, results }
}

/**
 * The scripts that contain the payload. They contain JSON, or with `renderJsonPayloads: false` a
 * script that has already run.
 */
function findPayloadScripts(): HTMLScriptElement[] {
  return [...document.scripts].filter(({ src, dataset, text }) => {
    if (src)
      return false
    return 'nuxtData' in dataset || (text.includes('__NUXT__') && text.includes('convue'))
  })
}
