import type { BetterAuthClient } from 'convue'
import type { ConvexPayload } from '../utils/payload.ts'
import { jsonToConvex } from 'convex/values'
import { createConvex } from 'convue'
import { defineNuxtPlugin, useRuntimeConfig } from 'nuxt/app'
import { getCurrentInstance, onServerPrefetch, watch } from 'vue'
import { findAuthClient } from '#build/convue/auth-client.mjs'
import { tokens } from '#build/convue/options.mjs'
import { answerKey, isTokenOf, readError } from '../utils/payload.ts'

/** Convex in the browser: it begins with what the server was answered, and goes live from there. */
export default defineNuxtPlugin({
  name: 'convue',
  setup(nuxtApp) {
    const { auth, answers } = takePayload(nuxtApp.payload)
    const authClient: BetterAuthClient | undefined = findAuthClient()
    /** The keys of answers that the page has begun with. */
    const taken = new Set<string>()

    const convex = createConvex({
      url: (useRuntimeConfig().public.convex as { url: string }).url,
      authClient,
      tokens,
      // Where the page may hold no token, it is requested while the page shows what was rendered: a page never waits for it.
      initialAuth: auth?.token && !isTokenOf(auth.user, auth.token) ? undefined : auth,
      handover(query, state, identity) {
        const key = answerKey(query)
        const answer = answers[key]
        if (!answer)
          return false
        if (nuxtApp.isHydrating)
          taken.add(key)
        else
          delete answers[key]
        // The server has waited for it here, which changes the ids that Vue gives (`useId`).
        if (getCurrentInstance())
          onServerPrefetch(() => {})
        if (answer.userId !== identity || state.value.status !== 'pending')
          return false
        state.value = 'value' in answer.outcome
          ? { status: 'success', value: jsonToConvex(answer.outcome.value), isStale: true, isPreloaded: true }
          : { status: 'error', error: readError(answer.outcome.error) }
        return true
      },
    })
    nuxtApp.vueApp.use(convex)

    const forget = (keys: Iterable<string>): void => {
      for (const key of keys)
        delete answers[key]
    }
    // By then the page shows what is live. What nobody has taken is for components that are hydrated later, such as when they come into view.
    nuxtApp.hook('app:suspense:resolve', () => forget(taken))
    watch(() => convex.auth.user.value?.id, (_, former) => former && forget(Object.keys(answers)), { flush: 'sync' })
  },
})

/** Takes what the server left, so that neither the page nor what it was made of goes on holding somebody's token or data. */
function takePayload(payload: Record<string, any>): ConvexPayload {
  const left: Partial<ConvexPayload> = payload.convue ?? {}
  const { auth, answers = {} } = left
  delete payload.convue
  // Nuxt keeps the object in which all of the payload came.
  delete left.auth
  delete left.answers
  if (auth !== undefined || Object.keys(answers).length > 0)
    findPayloadScripts().forEach(script => script.remove())
  return { auth, answers }
}

/** Where the payload stands in the page: as JSON, or with `renderJsonPayloads: false` as a program that has run. */
function findPayloadScripts(): HTMLScriptElement[] {
  return [...document.scripts].filter(({ src, dataset, text }) => !src && ('nuxtData' in dataset || (text.includes('__NUXT__') && text.includes('convue'))))
}
