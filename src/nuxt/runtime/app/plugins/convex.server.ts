/** Installs Convue on the server. Fetches the page's queries, and fills the payload. */
import type { InitialAuth, TokenSource } from 'convue'
import type { ConvexPayload } from '../utils/payload.ts'
import { collectSsrData, createConvex } from 'convue'
import { defineNuxtPlugin, useRequestEvent, useRuntimeConfig } from 'nuxt/app'
import { queryDefaults, rendersUser, tokenInPayload, tokens } from '#build/convue/options.mjs'

/**
 * A token source whose identity is unknown. It is needed because a page without a token source is
 * anonymous. While a page is rendered, no token is requested from it.
 */
const unknownIdentity: TokenSource = {
  getSnapshot: () => ({ status: 'pending' }),
  subscribe: () => () => {},
  fetchToken: async () => ({ kind: 'failed', error: new Error('No token is requested while a page is rendered.') }),
}

export default defineNuxtPlugin({
  name: 'convue',
  async setup(nuxtApp) {
    const event = useRequestEvent(nuxtApp)!
    const convex = event.context.convue.of(event)
    const assumed = rendersUser ? await convex.assumeIdentity() : null
    let initialAuth: InitialAuth | null | undefined = assumed?.auth
    if (rendersUser && !assumed)
      initialAuth = await convex.findIdentity()
    convex.ssrData ??= collectSsrData(convex)
    const ssrData = { ...convex.ssrData, identityConfirmed: assumed?.isAwaited ? assumed.outcome : undefined }

    const payload: ConvexPayload = { results: ssrData.results }
    nuxtApp.payload.convue = payload

    nuxtApp.vueApp.use(createConvex({
      ...queryDefaults,
      url: useRuntimeConfig().public.convex.url,
      tokenSource: unknownIdentity,
      tokens,
      initialAuth,
      ssrData,
    }))
    // Rendering waits for the queries that stores and middleware have started.
    nuxtApp.hook('app:created', ssrData.settled)
    nuxtApp.hook('app:rendered', async () => {
      const identity = assumed ? await assumed.found : initialAuth
      if (identity !== undefined)
        payload.auth = forPayload(identity)
      // If the deployment rejected the token during rendering, another token has replaced it. The
      // payload must then contain the new token.
      if (payload.auth?.token)
        payload.auth.token = await convex.request.getToken().catch(() => null)
      if (import.meta.dev)
        event.context.convue.onPayload?.(event, payload)
    })
  },
})

function forPayload(auth: InitialAuth | null): InitialAuth | null {
  return auth && { ...auth, token: tokenInPayload ? auth.token : null }
}
