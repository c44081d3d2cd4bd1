import type { TokenSource } from 'convue'
import { createConvex, useConvexMutation, useConvexQuery } from 'convue'
import { indexedDbOutbox, useConvexOutbox } from 'convue/offline'
import { createApp, defineComponent, h } from 'vue'
import { api } from '../../convex/apps/offline/convex/_generated/api.js'

/** The functions that the test calls in the page. */
export interface OutboxPage {
  /** Adds notes, without waiting for their results. */
  add: (texts: string[]) => void
  /** The texts of the stored calls, or `null` before they were read. */
  stored: () => string[]
}

declare global {
  interface Window {
    outbox: OutboxPage
    /** Issues a token for a user, in the process of the test. */
    issueToken: (userId: string) => Promise<string>
  }
}

const userId = new URL(location.href).searchParams.get('user')!

const tokenSource: TokenSource = {
  getSnapshot: () => ({ status: 'signedIn', userId, sessionId: `session-of-${userId}`, user: { id: userId }, session: {} }),
  subscribe: () => () => {},
  fetchToken: async () => ({ kind: 'token', token: await window.issueToken(userId) }),
}

const Page = defineComponent({
  setup() {
    const { calls } = useConvexOutbox()
    const { data: notes } = useConvexQuery(api.notes.list, {})
    const { mutate } = useConvexMutation(api.notes.add, { offline: true })
    window.outbox = {
      add: texts => texts.forEach(text => void mutate({ text })),
      stored: () => calls.value.map(({ args }) => args.text),
    }
    return () => [
      h('ul', { id: 'notes' }, notes.value?.map(text => h('li', text))),
      h('ul', { id: 'calls' }, calls.value.map(({ args, status }) => h('li', `${args.text} ${status}`))),
    ]
  },
})

async function main(): Promise<void> {
  const { url } = await (await fetch('/app.json')).json()
  createApp(Page).use(createConvex({ url, tokenSource, outbox: indexedDbOutbox() })).mount('#app')
}

void main()
