import type { VueWrapper } from '@vue/test-utils'
import { Authenticated, AuthLoading, AuthRefreshing, Unauthenticated } from 'convue'
import { describe, expect, it, vi } from 'vitest'
import { defineComponent, h, onMounted } from 'vue'
import { fakeToken } from '../../support/scripted/fake-token.ts'
import { ScriptedPage, setupScriptedPage } from '../../support/scripted/scripted-page.ts'
import { signedIn } from '../../support/scripted/scripted-source.ts'

let page: ScriptedPage
setupScriptedPage()

function mountAll(user: string | null | 'silent'): VueWrapper {
  page = new ScriptedPage({ user })
  return page.mount(defineComponent(() => () => h('main', [
    h(AuthLoading, () => 'loading '),
    h(Unauthenticated, () => 'anonymous '),
    h(Authenticated, () => 'user '),
    h(AuthRefreshing, () => 'refreshing '),
  ])))
}

describe('the components Authenticated, Unauthenticated, AuthLoading and AuthRefreshing', () => {
  it('render their slot depending on the auth status', async () => {
    const wrapper = mountAll('silent')
    expect(wrapper.text()).toBe('loading')
    page.source.report({ status: 'signedOut' })
    await page.tick(0)
    expect(wrapper.text()).toBe('anonymous')
    page.source.report(signedIn('ada'))
    await page.tick(0)
    expect(wrapper.text()).toBe('loading')
    page.source.lastRequest.settle({ kind: 'token', token: fakeToken('ada') })
    await page.tick()
    expect(wrapper.text()).toBe('user')
    page.source.report({ status: 'signedOut' })
    await page.tick(0)
    expect(wrapper.text()).toBe('anonymous')
  })

  it('render Authenticated and AuthRefreshing for a user whose token is rejected', async () => {
    const wrapper = mountAll('ada')
    await page.tick()
    page.deployment.accepts = () => false
    page.source.answer = null
    page.deployment.drop()
    await page.tick(3000)
    expect(wrapper.text()).toBe('user refreshing')
    page.deployment.accepts = () => true
    page.source.lastRequest.settle({ kind: 'token', token: fakeToken('ada') })
    await page.tick(3000)
    expect(wrapper.text()).toBe('user')
  })

  it('render nothing without a slot, and mount their slot once', async () => {
    const mounted = vi.fn()
    const Child = defineComponent({
      setup() {
        onMounted(mounted)
        return () => h('p', 'child')
      },
    })
    page = new ScriptedPage({ user: 'ada' })
    const wrapper = page.mount(defineComponent(() => () => h('main', [h(Authenticated, () => h(Child)), h(Authenticated), h(AuthLoading), h(Unauthenticated), h(AuthRefreshing)])))
    await page.tick()
    page.source.report(signedIn('ada'))
    await page.tick()
    expect(wrapper.text()).toBe('child')
    expect(mounted).toHaveBeenCalledTimes(1)
  })
})
