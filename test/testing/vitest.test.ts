// @vitest-environment happy-dom
import type { Deployment, SignedUpUser } from '../../src/testing/index.ts'
import { anyApi } from 'convex/server'
import { useAuthedQuery, useConvexQuery } from 'convue'
import { afterAll, describe, expect } from 'vitest'
import { defineComponent, h } from 'vue'
import { createConvexTest } from '../../src/vitest/index.ts'
import { FUNCTIONS, ORIGIN } from '../support/live/deployment.ts'
import { tokenEnv } from '../support/live/tokens.ts'

const api = anyApi as any
const test = createConvexTest({ functions: FUNCTIONS, siteUrl: ORIGIN, env: { ...tokenEnv, PLAIN_PASSWORDS: 'true' } })

/** Fails after the last test if the deployment, which starts after this fixture, was not closed. */
// eslint-disable-next-line no-empty-pattern
const watched = test.extend('closed', { scope: 'file' }, ({}, { onCleanup }) => {
  const closed: Deployment[] = []
  onCleanup(() => expect(closed).toHaveLength(1))
  return closed
})

const Tasks = defineComponent(() => {
  const { data } = useAuthedQuery(api.tasks.list, {})
  return () => h('p', data.value?.map(({ text }: { text: string }) => text).join() || 'No tasks')
})

const WhoAmI = defineComponent(() => {
  const { data, status } = useConvexQuery(api.users.whoami, {})
  return () => h('p', status.value === 'success' ? `User ${data.value?.name ?? 'none'}` : '')
})

describe('test of convue/vitest', () => {
  const seen: { deployment: Deployment, user: SignedUpUser }[] = []

  // The fixtures of a file end in reverse order, so the first one that starts sees the others end.
  watched('closes the deployment after the last test', async ({ closed }) => {
    expect(closed).toEqual([])
  })

  watched('starts the deployment for the first test that uses it', async ({ closed, deployment }) => {
    const { close } = deployment
    deployment.close = async () => {
      await close()
      closed.push(deployment)
    }
  })

  test('shows a component as a user, with live data', async ({ deployment, mount, user }) => {
    const page = await mount(Tasks)
    expect(document.body.contains(page.element)).toBe(true)
    await deployment.mutation(api.tasks.add, { text: 'Write a test' }, { identity: user.identity })
    await expect.poll(() => page.text).toBe('Write a test')
    seen.push({ deployment, user })
  })

  test('keeps the deployment for the next test, and removes what the test has used', async ({ deployment, user }) => {
    expect(deployment).toBe(seen[0]!.deployment)
    expect(user.user.id).not.toBe(seen[0]!.user.user.id)
    expect(document.body.textContent).toBe('')
    await deployment.settled()
    expect(deployment.connections).toEqual([])
  })

  test('shows a component as another user, or anonymously', async ({ mount, signUp }) => {
    const grace = await mount(WhoAmI, { user: await signUp({ name: 'Grace' }) })
    const anonymous = await mount(WhoAmI, { user: null })
    await expect.poll(() => grace.text).toBe('User Grace')
    await expect.poll(() => anonymous.text).toBe('User none')
    grace.unmount()
    expect(grace.element.isConnected).toBe(false)
  })

  test('passes props on, and prepares the app', async ({ mount }) => {
    const Greeting = defineComponent({ props: ['name'], render: (page: any) => ` Hello ${page.name}${page.mark} ` })
    const page = await mount(Greeting, { user: null, props: { name: 'Ada' }, setUp: app => void (app.config.globalProperties.mark = '!') })
    expect(page.text).toBe('Hello Ada!')
  })

  test('closes the plugin that the test has mounted itself', async ({ user }) => {
    expect(user.plugin.auth.status.value).toBeTypeOf('string')
    seen.push({ deployment: seen[0]!.deployment, user })
  })

  afterAll(() => {
    expect(() => seen[1]!.user.plugin.client).toThrow(expect.objectContaining({ code: 'CLOSED' }))
  })
})
