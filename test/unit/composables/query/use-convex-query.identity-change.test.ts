import { useAuthedQuery, useConvexAuth, useConvexQuery } from 'convue'
import { beforeEach, describe, expect, it } from 'vitest'
import { defineComponent, h } from 'vue'
import { api } from '../../../support/scripted/scripted-api.ts'
import { ScriptedPage, setupScriptedPage } from '../../../support/scripted/scripted-page.ts'

let page: ScriptedPage
setupScriptedPage()
beforeEach(() => {
  page = new ScriptedPage({ user: 'ada' })
  page.deployment.functions.set('messages:count', ({ channel }, subject) => `${channel} for ${subject ?? 'anonymous'}` as any)
  page.deployment.functions.set('messages:list', () => [])
})

const asked = (): unknown[] => page.deployment.executions.filter(({ name }) => name === 'messages:count').map(({ args, subject }) => [args.channel, subject])

describe('useConvexQuery: arguments that depend on the user', () => {
  it.each([null, 'bob'])('are never sent as the next identity (next user: %s)', async (next) => {
    page.mount(defineComponent(() => {
      const { user } = useConvexAuth()
      // Keeps the anonymous connection open.
      useConvexQuery(api.messages.list, { channel: 'a' }, { auth: 'public' })
      const { data } = useConvexQuery(api.messages.count, () => user.value ? { channel: `of ${user.value.id}` } : 'skip')
      return () => h('p', data.value)
    }))
    await page.tick(500)
    page.source.signIn(next ?? 'ada')
    if (next === null)
      page.source.report({ status: 'signedOut' })
    await page.tick(500)
    expect(asked()).toEqual(next === null ? [['of ada', 'ada']] : [['of ada', 'ada'], ['of bob', 'bob']])
  })

  it('may throw after a sign-out: a required query is then paused, and the page renders', async () => {
    const errors: unknown[] = []
    const wrapper = page.mount(defineComponent(() => {
      const { user } = useConvexAuth()
      const { status } = useAuthedQuery(api.messages.count, () => ({ channel: user.value!.id as string }))
      const other = useConvexQuery(api.messages.count, { channel: 'x' })
      return () => h('p', `${status.value}, ${other.data.value}`)
    }), { errorHandler: error => errors.push(error) })
    await page.tick(500)
    page.source.report({ status: 'signedOut' })
    await page.tick(500)
    expect(wrapper.text()).toBe('paused, x for anonymous')
    expect(errors).toEqual([])
  })
})
