import type { TokenSource } from 'convue'
import type { ConvexRequest } from 'convue/server'
import type { RequestConvex } from '../../server/utils/request-convex.ts'
import type { ConvexPayload, PayloadAnswer, PayloadAuth } from '../utils/payload.ts'
import { makeFunctionReference } from 'convex/server'
import { jsonToConvex } from 'convex/values'
import { ConvueError, createConvex } from 'convue'
import { defineNuxtPlugin, useRequestEvent, useRuntimeConfig } from 'nuxt/app'
import { getCurrentInstance, onServerPrefetch } from 'vue'
import { isExternal, tokenInPayload, tokens } from '#build/convue/options.mjs'
import { answerKey, readError, writeError } from '../utils/payload.ts'

/** A server asks who is there itself, and a client of the browser has no place in it. */
const unasked: TokenSource = {
  getSnapshot: () => ({ status: 'pending' }),
  subscribe: () => () => {},
  fetchToken: async () => ({ kind: 'failed', error: new Error('No token is asked for while a page is rendered.') }),
}

/** Convex in a page that a server renders: as the request's user, whose answers travel with the page. */
export default defineNuxtPlugin({
  name: 'convue',
  async setup(nuxtApp) {
    const event = useRequestEvent(nuxtApp)!
    const convex = (event.context.convue as RequestConvex).of(event)
    const auth = isExternal || convex.isShared ? undefined : await findAuth(convex.request)

    const payload: ConvexPayload = { answers: {} }
    nuxtApp.payload.convue = payload
    if (auth !== undefined)
      payload.auth = auth && { ...auth, token: tokenInPayload ? auth.token : null }

    /** By key, so that all who use a query wait for the same. */
    const asked = new Map<string, Promise<PayloadAnswer['outcome']>>()
    nuxtApp.vueApp.use(createConvex({
      url: (useRuntimeConfig().public.convex as { url: string }).url,
      tokenSource: unasked,
      tokens,
      initialAuth: auth,
      handover(query, state, identity) {
        // Nobody is asked in the place of somebody who may be there.
        if (identity === undefined || (query.auth === 'required' && identity === null))
          return false
        const key = answerKey(query)
        let answer = asked.get(key)
        if (!answer) {
          const request = identity === null ? convex.nobody : convex.request
          answer = ask(request, query.name, query.args, identity)
          asked.set(key, answer)
        }
        const shown = answer.then((outcome) => {
          payload.answers[key] = { userId: identity, outcome }
          if (state.value.status !== 'pending')
            return
          state.value = 'value' in outcome
            ? { status: 'success', value: jsonToConvex(outcome.value), isStale: true, isPreloaded: true }
            : { status: 'error', error: readError(outcome.error) }
        })
        if (getCurrentInstance())
          onServerPrefetch(() => shown)
        return true
      },
    }))
    // What stores and middleware have asked is there before anything is rendered.
    nuxtApp.hook('app:created', () => Promise.all(asked.values()).then(() => {}))
    // A token that the deployment has refused was replaced meanwhile, and must not go on to the browser.
    nuxtApp.hook('app:rendered', async () => {
      if (payload.auth?.token)
        payload.auth.token = await convex.request.getToken().catch(() => null)
    })
  },
})

/** `undefined` if it cannot be found out, which is not "nobody". */
async function findAuth({ getSession, getToken }: ConvexRequest): Promise<PayloadAuth | null | undefined> {
  try {
    const [session] = await Promise.all([getSession(), getToken()])
    // Requested again: only now it is certain that the token is of this session.
    const token = await getToken()
    return session && (token || !tokens) ? { token, ...session } : null
  }
  catch {
    return undefined
  }
}

/** Never rejects: what goes wrong with one query is the state of that query. */
async function ask(request: ConvexRequest, name: string, args: any, userId: string | null): Promise<PayloadAnswer['outcome']> {
  try {
    const preloaded = await request.preloadAuthQuery(makeFunctionReference<'query'>(name), args)
    if (preloaded.userId !== userId) {
      throw new ConvueError({
        code: 'IDENTITY_CHANGED',
        why: 'The person changed while this page was rendered.',
        fix: 'The browser asks again.',
      })
    }
    return { value: preloaded.value }
  }
  catch (error) {
    return { error: writeError(error) }
  }
}
