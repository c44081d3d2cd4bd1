import type { Value } from 'convex/values'
import type { SsrData, UseConvexQueryOptions } from 'convue'
import type { ScriptedPageOptions } from '../../support/scripted/scripted-page.ts'
import { ConvexError } from 'convex/values'
import { useConvexMutation, useConvexPaginatedQuery, useConvexQuery } from 'convue'
import { beforeEach, describe, expect, it } from 'vitest'
import { createSSRApp, defineComponent, h, ref, Suspense } from 'vue'
import { fakeToken } from '../../support/scripted/fake-token.ts'
import { recordTicks } from '../../support/scripted/identity.ts'
import { api } from '../../support/scripted/scripted-api.ts'
import { ScriptedPage, setupScriptedPage } from '../../support/scripted/scripted-page.ts'

// Vue looks for its devtools once per renderer, with a timer that would remain in the first test.
createSSRApp({ render: () => null })

let page: ScriptedPage
/** For each call of `take`, the identity that the store passed. */
let identities: (string | null | undefined)[]
setupScriptedPage()
beforeEach(() => {
  identities = []
})

/** Opens a page whose server fetched `answer` for `userId`. The page can take it once. */
function openPage(answer: { value: Value } | { error: Error }, userId: string | null, options: ScriptedPageOptions = {}): void {
  let rest: typeof answer | null = answer
  const ssrData: SsrData = {
    take(query, identity) {
      identities.push(identity)
      if (!rest || query.name !== 'values:get')
        return undefined
      if (identity !== userId)
        return { status: 'pending' }
      const taken = rest
      rest = null
      return 'value' in taken ? { status: 'success', value: taken.value } : { status: 'error', error: taken.error }
    },
  }
  page = new ScriptedPage({ ssrData, ...options })
  page.deployment.latencyMs = 50
  page.deployment.functions.set('values:get', (_args, subject) => [{ of: subject }])
}

function use(options: UseConvexQueryOptions = {}) {
  return page.run(() => {
    const query = useConvexQuery(api.values.get, {}, options as object)
    const ticks = recordTicks(() => `${JSON.stringify(query.data.value)} ${query.status.value}${query.isStale.value ? ' stale' : ''}`)
    return { query, ticks: () => ticks.map(text => JSON.parse(text) as string) }
  })
}

const ada = { token: fakeToken('ada'), user: { id: 'ada' }, session: { id: 'session-of-ada' } }

describe('SsrData.take', () => {
  it('shows the result at once as stale, and keeps the object if the live result is equal', async () => {
    openPage({ value: [{ of: null }] }, null)
    const { query, ticks } = use().result
    const rendered = query.data.value
    expect([query.status.value, query.isPending.value, query.isStale.value]).toEqual(['success', false, true])
    await page.tick(500)
    expect(ticks()).toEqual(['[{"of":null}] success stale', '[{"of":null}] success'])
    expect(query.data.value).toBe(rendered)
    expect(page.takeFrames()).toEqual(['Connect', '+values:get {}'])
  })

  it('settles an await at once', async () => {
    openPage({ value: 'rendered' }, null)
    const { query } = use().result
    const { data } = await query
    expect(data.value).toBe('rendered')
  })

  it('shows a user\'s result without a request to the provider', async () => {
    openPage({ value: [{ of: 'ada' }] }, 'ada', { user: 'ada', initialAuth: ada })
    const { ticks } = use({ auth: 'required' }).result
    await page.tick(500)
    expect(identities).toEqual(['ada'])
    expect(ticks()).toEqual(['[{"of":"ada"}] success stale', '[{"of":"ada"}] success'])
    expect(page.takeFrames()).toEqual(['Connect', 'Authenticate', '+values:get {}'])
  })

  it.each(['bob', 'silent'] as const)('shows no result to another user, nor while the identity is unknown (%s)', async (user) => {
    openPage({ value: 'of ada' }, 'ada', { user })
    const { ticks } = use().result
    await page.tick(500)
    // Without the token, the identity is not known yet.
    expect(identities).toEqual([undefined])
    expect(ticks()).toEqual(user === 'silent' ? ['undefined pending'] : ['undefined pending', '[{"of":"bob"}] success'])
  })

  it('removes a user\'s result in the tick of the identity change', async () => {
    openPage({ value: 'of ada' }, 'ada', { user: 'ada', initialAuth: ada })
    page.deployment.isHolding = true
    const { query } = use().result
    expect(query.data.value).toBe('of ada')
    page.source.signIn('bob')
    expect(query.data.value).toBeUndefined()
    page.source.report({ status: 'signedOut' })
    expect(query.data.value).toBeUndefined()
  })

  it('keeps the anonymous result of a public query on an identity change', async () => {
    openPage({ value: 'for all' }, null, { user: 'ada', initialAuth: ada })
    page.deployment.isHolding = true
    const { query } = use({ auth: 'public' }).result
    expect(identities).toEqual([null])
    page.source.report({ status: 'signedOut' })
    expect([query.data.value, query.isStale.value]).toEqual(['for all', true])
  })

  it('shows an error until the live result arrives', async () => {
    openPage({ error: new ConvexError({ code: 'BROKEN' }) }, null)
    const { query } = use().result
    expect([query.status.value, query.error.value]).toEqual(['error', new ConvexError({ code: 'BROKEN' })])
    await page.tick(500)
    expect([query.status.value, query.error.value, query.data.value]).toEqual(['success', undefined, [{ of: null }]])
  })

  it('never replaces a live result', async () => {
    openPage({ value: 'old' }, null)
    use()
    await page.tick(500)
    const { ticks } = use().result
    await page.tick(500)
    expect(ticks()).toEqual(['[{"of":null}] success'])
    // `take` is called for each use of the query.
    expect(identities).toEqual([null, null])
  })

  it('does not show the result again when the live query loads again', async () => {
    openPage({ value: 'old' }, null)
    const { ticks } = use().result
    await page.tick(500)
    page.deployment.functions.set('values:set', () => null)
    const { result: { mutate } } = page.run(() => useConvexMutation(api.values.set, { optimisticUpdate: store => store.setQuery(api.values.get, {}, undefined) }))
    void mutate({ value: 1 })
    await page.tick(500)
    expect(ticks()).toEqual(['"old" success stale', '[{"of":null}] success', 'undefined pending', '[{"of":null}] success'])
  })

  it('hides the result when the arguments change', async () => {
    openPage({ value: 'old' }, null)
    page.deployment.isHolding = true
    const args = ref<Record<string, never> | undefined>({})
    const { result } = page.run(() => useConvexQuery(api.values.get, args))
    expect(result.data.value).toBe('old')
    args.value = undefined
    expect([result.data.value, result.status.value]).toEqual([undefined, 'paused'])
  })
})

describe('a component during hydration', () => {
  const page1 = { page: [], isDone: true, continueCursor: '' }

  it.each([
    ['a query', 'pending', () => useConvexQuery(api.values.get)],
    ['a list', 'LoadingFirstPage', () => useConvexPaginatedQuery(api.values.get as any, {}, { initialNumItems: 5 })],
  ])('does not wait for a result that the server left to the browser: %s', async (_name, pending, use) => {
    openPage({ value: '' }, 'another user')
    page.deployment.functions.set('values:get', () => page1)
    const Child = defineComponent(async () => {
      const { status } = await (use() as PromiseLike<any>)
      return () => h('p', status.value)
    })
    const container = document.createElement('div')
    container.innerHTML = `<p>${pending}</p>`
    const app = createSSRApp(() => h(Suspense, () => h(Child))).use(page.convex)
    // A mismatch would be a warning, which fails the test.
    app.mount(container)
    await page.tick(500)
    expect(container.textContent).toMatch(/success|Exhausted/)
    app.unmount()
  })
})
