import type { SsrResults } from 'convue'
import { restoreSsrData, useConvexQuery } from 'convue'
import { describe, expect, it } from 'vitest'
import { createSSRApp, defineComponent, h, useId } from 'vue'
import { describeQuery } from '../../../src/shared/query-descriptor.ts'
import { fakeToken } from '../../support/scripted/fake-token.ts'
import { api } from '../../support/scripted/scripted-api.ts'
import { ScriptedPage, setupScriptedPage } from '../../support/scripted/scripted-page.ts'

// Vue looks for its devtools once per renderer, with a timer that would remain in the first test.
createSSRApp({ render: () => null })

const ofAda = describeQuery('optional', 'values:get', {})
const ofAll = describeQuery('public', 'values:get', {})

function restore() {
  const results: SsrResults = {
    [ofAda.key]: { userId: 'ada', outcome: { value: 'of Ada' } },
    [ofAll.key]: { userId: null, outcome: { value: 'for all' } },
  }
  return restoreSsrData(results)
}

describe('restoreSsrData', () => {
  it('returns the result of a query to each component that uses it during hydration', () => {
    const { take } = restore()
    expect(take(ofAda, 'ada')).toEqual({ status: 'success', value: 'of Ada' })
    expect(take(ofAda, 'ada')).toEqual({ status: 'success', value: 'of Ada' })
  })

  it('removes used results when hydration ends, and returns every remaining result once more', () => {
    const { take, endHydration } = restore()
    take(ofAda, 'ada')
    endHydration()
    expect(take(ofAda, 'ada')).toBeUndefined()
    expect(take(ofAll, null)).toEqual({ status: 'success', value: 'for all' })
    expect(take(ofAll, null)).toBeUndefined()
  })

  it.each(['bob', null, undefined])('does not return a user\'s result for another identity: %s', (identity) => {
    expect(restore().take(ofAda, identity)).toEqual({ status: 'pending' })
  })

  it('removes the results of a user, and keeps anonymous results', () => {
    const { take, forgetUser } = restore()
    forgetUser()
    expect(take(ofAda, 'ada')).toBeUndefined()
    expect(take(ofAll, null)).toEqual({ status: 'success', value: 'for all' })
  })

  it('has no result for a query that the server did not fetch', () => {
    expect(restoreSsrData().take(ofAda, 'ada')).toBeUndefined()
    expect(restoreSsrData().take({ ...ofAda, key: '__proto__' }, 'ada')).toBeUndefined()
  })
})

describe('createConvex with restoreSsrData', () => {
  setupScriptedPage()

  const ada = { token: fakeToken('ada'), user: { id: 'ada' }, session: { id: 'session-of-ada' } }

  it('removes a user\'s results on an identity change', async () => {
    const ssrData = restore()
    const page = new ScriptedPage({ ssrData, user: 'ada', initialAuth: ada })
    page.run(() => useConvexQuery(api.values.get))
    page.deployment.functions.set('values:get', () => 'live')
    await page.tick(500)
    page.source.report({ status: 'signedOut' })
    expect(ssrData.take(ofAda, 'ada')).toBeUndefined()
    expect(ssrData.take(ofAll, null)).toEqual({ status: 'success', value: 'for all' })
  })

  it.each([
    ['fetched', 'ada', 'v-0-0 of Ada'],
    ['fetched for a user that the page does not know yet', 'silent', 'v-0-0 undefined'],
  ])('lets useId return the same ids as on a server that has %s the query', async (_name, user, expected) => {
    const page = new ScriptedPage({ ssrData: restore(), user, ...user === 'ada' ? { initialAuth: ada } : {} })
    const Nested = defineComponent(() => {
      const id = useId()
      return () => h('i', id)
    })
    const Child = defineComponent(() => {
      const id = useId()
      const { data } = useConvexQuery(api.values.get)
      // Vue determines the prefix of `useId` when `setup` has ended.
      return () => h('p', [h(Nested), String(data.value), id])
    })
    const container = document.createElement('div')
    container.innerHTML = `<p><i>v-0-0</i>${expected.slice('v-0-0 '.length)}v-0</p>`
    const app = createSSRApp(() => h(Child)).use(page.convex)
    // A mismatch would be a warning, which fails the test.
    app.mount(container)
    expect(container.querySelector('i')!.textContent).toBe('v-0-0')
    app.unmount()
  })
})
