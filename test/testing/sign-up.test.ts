// @vitest-environment happy-dom
import type { Deployment } from '../../src/testing/index.ts'
import { mount } from '@vue/test-utils'
import { createConvex, useAuthedQuery, useConvexAuth } from 'convue'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { defineComponent, h } from 'vue'
import { signUp } from '../../src/testing/index.ts'
import { api } from '../support/convex/_generated/api.js'
import { eventually } from '../support/environment/eventually.ts'
import { startFixture } from '../support/live/deployment.ts'

const TaskList = defineComponent(() => {
  const { user, status } = useConvexAuth()
  const { data } = useAuthedQuery(api.tasks.list)
  return () => h('p', `${(user.value?.name as string | undefined) ?? status.value}: ${data.value?.map(({ text }) => text).join() ?? ''}`)
})

/** Runs in a simulated page, like the tests of an app. Its own `fetch` refuses other origins. */
describe('signUp', () => {
  let deployment: Deployment
  beforeAll(async () => {
    deployment = await startFixture({ siteUrl: 'https://app.example.com' })
  })
  afterEach(async () => {
    await eventually(() => deployment.connections).toEqual([])
  })
  afterAll(() => deployment.close())

  it('returns a plugin with which Vue components run their queries and calls as the user', async () => {
    const ada = await signUp(deployment, { name: 'Ada' })
    await deployment.mutation(api.tasks.add, { text: 'Write a test' }, { identity: ada.identity })
    const list = mount(TaskList, { global: { plugins: [ada.plugin] } })

    await eventually(() => list.text()).toBe('Ada: Write a test')
    expect(await ada.plugin.auth.ready()).toBe(true)
    expect(ada.plugin.auth.user.value).toMatchObject(ada.user)
    list.unmount()
  })

  it('separates the sessions of two users in one process', async () => {
    const [ada, grace] = [await signUp(deployment, { name: 'Ada' }), await signUp(deployment, { name: 'Grace' })]
    await deployment.mutation(api.tasks.add, { text: 'For Ada' }, { identity: ada.identity })
    await deployment.mutation(api.tasks.add, { text: 'For Grace' }, { identity: grace.identity })
    const lists = [ada, grace].map(({ plugin }) => mount(TaskList, { global: { plugins: [plugin] } }))
    await eventually(() => lists.map(list => list.text())).toEqual(['Ada: For Ada', 'Grace: For Grace'])

    await ada.authClient.signOut()
    await eventually(() => lists.map(list => list.text())).toEqual(['unauthenticated:', 'Grace: For Grace'])
    lists.forEach(list => list.unmount())
  })

  it('returns options with which createConvex() uses the same session', async () => {
    const ada = await signUp(deployment)
    mount(TaskList, { global: { plugins: [ada.plugin] } }).unmount()
    const list = mount(TaskList, { global: { plugins: [createConvex({ ...ada.options, lingerMs: 0 })] } })
    await eventually(() => list.text()).toBe('Ada:')
    list.unmount()
  })

  it('returns a fetch with the cookies of the user', async () => {
    const { user, fetch } = await signUp(deployment, { email: 'grace@example.com', password: 'another horse battery' })
    const response = await fetch(`${deployment.siteUrl}/api/auth/get-session`)
    expect(await response.json()).toMatchObject({ user })
    const post = async (path: string, body: unknown): Promise<number> => (await fetch(`${deployment.siteUrl}/api/auth/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })).status
    expect(await post('update-user', { name: 'Grace' })).toBe(200)
    expect(await post('sign-out', {})).toBe(200)
    expect(await (await fetch(`${deployment.siteUrl}/api/auth/get-session`)).json()).toBeNull()
  })

  it('rejects with the error of Better Auth', async () => {
    await signUp(deployment, { email: 'twice@example.com' })
    await expect(signUp(deployment, { email: 'twice@example.com' })).rejects.toMatchObject({
      code: 'SIGN_UP_FAILED',
      why: expect.stringContaining('twice@example.com with status 422: User already exists'),
    })
  })
})
