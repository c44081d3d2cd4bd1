/** Convex while a server renders: fetches a page's queries, and puts results into the payload. */
import type { InitialAuth, TokenSource } from 'convue'
import type { ConvexPayload } from '../utils/payload.ts'
import { collectSsrData, createConvex } from 'convue'
import { defineNuxtPlugin, useRequestEvent, useRuntimeConfig } from 'nuxt/app'
import { isExternal, tokenInPayload, tokens } from '#build/convue/options.mjs'

/**
 * A token source with an unknown identity. Without a token source, the page would be anonymous.
 * While a page is rendered, no token is requested from this source.
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
    const { request, anonymousRequest, isShared } = event.context.convue.of(event)
    let initialAuth: InitialAuth | null | undefined
    if (!isExternal && !isShared)
      initialAuth = await request.getAuth().catch(() => undefined)
    const ssrData = collectSsrData({ request, anonymousRequest })

    const payload: ConvexPayload = { results: ssrData.results }
    nuxtApp.payload.convue = payload
    if (initialAuth !== undefined)
      payload.auth = forPayload(initialAuth)

    nuxtApp.vueApp.use(createConvex({
      url: useRuntimeConfig().public.convex.url,
      tokenSource: unknownIdentity,
      tokens,
      initialAuth,
      ssrData,
    }))
    // Results of queries that stores and middleware have requested arrive before anything is
    // rendered.
    nuxtApp.hook('app:created', ssrData.settled)
    // If the deployment rejected the token while the page was rendered, another token has replaced
    // it, and the rejected token must not reach the browser.
    nuxtApp.hook('app:rendered', async () => {
      if (payload.auth?.token)
        payload.auth.token = await request.getToken().catch(() => null)
    })
  },
})

function forPayload(auth: InitialAuth | null): InitialAuth | null {
  return auth && { ...auth, token: tokenInPayload ? auth.token : null }
}
