import { IdentityChangedError, useAuthedQuery, useConvexAction, useConvexClient, useConvexMutation, useConvexQuery } from 'convue'
import { describe, expect, it, vi } from 'vitest'
import { fakeToken } from '../../support/scripted/fake-token.ts'
import { openPage, page } from '../../support/scripted/identity-page.ts'
import { identityApi as api, recordTicks, subjectsOf } from '../../support/scripted/identity.ts'
import { signedIn } from '../../support/scripted/scripted-source.ts'

function useTasks() {
  return {
    tasks: useAuthedQuery(api.tasks, {}),
    me: useConvexQuery(api.whoami),
    kept: useAuthedQuery(api.tasks, { of: 'kept' }, { keepPreviousData: true }),
    initial: useAuthedQuery(api.tasks, { of: 'initial' }, { initialData: 'ada\'s initial tasks' }),
    news: useConvexQuery(api.whoami, {}, { auth: 'public' }),
    add: useConvexMutation(api.add),
    run: useConvexAction(api.run),
    client: useConvexClient(),
  }
}

function readAll(result: ReturnType<typeof useTasks>): Record<string, unknown> {
  const { auth } = page.convex
  const { tasks, me, kept, initial, add, run } = result
  return {
    status: auth.status.value,
    user: auth.user.value,
    session: auth.session.value,
    queries: [tasks, me, kept, initial].map(({ data }) => data.value),
    calls: [add, run].map(({ data, error }) => [data.value, error.value]),
  }
}

/** The ways in which a page is informed of a sign-out. */
const ways: [string, () => unknown][] = [
  ['signOut()', () => page.convex.auth.signOut()],
  ['a report of the provider', () => page.source.report({ status: 'signedOut' })],
  ['a denied token request', () => {
    page.source.answer = () => ({ kind: 'denied' })
    vi.setSystemTime(Date.now() + 7_200_000)
    document.dispatchEvent(new Event('visibilitychange'))
  }],
]

async function signInAda(): Promise<ReturnType<typeof useTasks>> {
  openPage({ user: 'ada' })
  const { result } = page.run(useTasks)
  const calls = [result.add.mutate({}), result.run.run({})]
  await page.tick()
  await Promise.all(calls)
  expect(JSON.stringify(readAll(result))).toContain('ada\'s addition')
  return result
}

describe('createConvex', () => {
  describe.each(ways)('a sign-out by %s', (_name, learn) => {
    it('removes all data of the user in one tick, permanently', async () => {
      const result = await signInAda()
      const ticks = recordTicks(() => readAll(result))
      void learn()
      await page.tick(60_000)
      const [before, ...after] = ticks
      expect(before).toContain('ada')
      expect(after.length).toBeGreaterThan(0)
      for (const tick of after)
        expect(tick).not.toContain('ada')
      expect(result.tasks.data.value).toBeUndefined()
      expect(result.tasks.status.value).toBe('paused')
      expect(result.initial.data.value).toBeUndefined()
      expect(result.me.data.value).toBe('anonymous')
    })

    it('closes the connection of the user, and no function runs as the user afterwards', async () => {
      await signInAda()
      const { deployment } = page
      const adas = deployment.sockets.find(({ subject }) => subject === 'ada')!
      const frames = adas.frames.length
      void learn()
      await page.tick(0)
      const executions = deployment.executions.length
      await page.tick(10)
      expect(adas.readyState).toBe(3)
      deployment.ts++
      deployment.invalidate()
      await page.tick(60_000)
      expect(adas.frames).toHaveLength(frames)
      expect(deployment.executions.slice(executions).map(({ subject }) => subject)).not.toContain('ada')
      expect(deployment.liveSockets.map(({ subject }) => subject)).toEqual([null])
    })

    it('lets another user sign in at once', async () => {
      const result = await signInAda()
      void learn()
      await page.tick(0)
      page.source.signIn('bea')
      await page.tick()
      expect(result.tasks.data.value).toBe('bea\'s tasks')
      expect(result.me.data.value).toBe('bea')
      expect(page.convex.auth.user.value).toMatchObject({ id: 'bea' })
    })

    it('rejects pending calls with an IdentityChangedError', async () => {
      const result = await signInAda()
      page.deployment.isHolding = true
      const outcomes = [
        result.add.mutate({}),
        result.run.run({}),
        result.client.mutation(api.add, {}),
        result.client.action(api.run, {}),
      ].map(call => call.then(() => 'ran', error => error))
      const query = result.client.query(api.tasks, { of: 'asked' }).then(() => 'ran', error => error)
      await page.tick()
      void learn()
      await page.tick()
      page.deployment.flush()
      await page.tick()
      for (const outcome of await Promise.all(outcomes)) {
        expect(outcome).toBeInstanceOf(IdentityChangedError)
        expect(outcome).toMatchObject({ outcome: 'unknown' })
      }
      expect(await query).toBeInstanceOf(IdentityChangedError)
      expect(result.add.error.value).toBeUndefined()
      expect(result.add.isPending.value).toBe(false)
    })

    it('does not affect public queries', async () => {
      const result = await signInAda()
      const ticks = recordTicks(() => [result.news.data.value, result.news.isStale.value, result.news.status.value])
      void learn()
      await page.tick(1000)
      expect(ticks).toHaveLength(1)
    })

    it('removes the data of lingering queries, so that a later component does not show it', async () => {
      await signInAda()
      const lingering = page.run(() => useConvexQuery(api.tasks, { of: 'lingering' }, { lingerMs: 600_000 }))
      await page.tick()
      expect(lingering.result.data.value).toBe('ada\'s tasks')
      lingering.stop()
      void learn()
      await page.tick()
      page.deployment.isHolding = true
      const again = page.run(() => useConvexQuery(api.tasks, { of: 'lingering' }))
      await page.tick()
      expect(again.result.data.value).toBeUndefined()
    })
  })

  describe('a sign-out during the first token request', () => {
    it('is not undone by the token that arrives late', async () => {
      const { source, deployment, convex } = openPage({ user: 'silent' })
      page.run(useTasks)
      source.report(signedIn('ada'))
      const { lastRequest } = source
      source.report({ status: 'signedOut' })
      lastRequest.settle({ kind: 'token', token: fakeToken('ada') })
      await page.tick(5000)
      expect(convex.auth.status.value).toBe('unauthenticated')
      expect(subjectsOf(deployment, 'tasks:list')).toEqual([])
      expect(deployment.frames.some(({ type }) => type === 'Authenticate')).toBe(false)
    })
  })

  describe('a sign-out during a renewal', () => {
    it('is not undone by the token that the renewal returns', async () => {
      await signInAda()
      const { source, convex, deployment } = page
      source.answer = null
      await page.tick(895_000)
      const { lastRequest } = source
      await convex.auth.signOut()
      lastRequest.settle({ kind: 'token', token: fakeToken('ada') })
      await page.tick(60_000)
      expect(convex.auth.status.value).toBe('unauthenticated')
      expect(deployment.liveSockets.map(({ subject }) => subject)).toEqual([null])
    })
  })
})

describe('useConvexMutation: a mutation that is pending at a sign-out', () => {
  it('rejects with the outcome `notSent` if it waits for the token of the user', async () => {
    const { source, deployment } = openPage({ user: 'silent' })
    const { result } = page.run(useTasks)
    source.report(signedIn('ada'))
    const outcome = result.add.mutate({}).then(() => 'ran', error => error)
    source.report({ status: 'signedOut' })
    await page.tick()
    expect(await outcome).toMatchObject({ outcome: 'notSent' })
    expect(subjectsOf(deployment, 'tasks:add')).toEqual([])
  })

  it('rejects with the outcome `unknown` if it was sent after a reconnection', async () => {
    const result = await signInAda()
    page.deployment.isReachable = false
    page.deployment.drop()
    await page.tick()
    const outcome = result.add.mutate({}).then(() => 'ran', error => error)
    page.deployment.isReachable = true
    page.deployment.isHolding = true
    await page.tick(60_000)
    expect(subjectsOf(page.deployment, 'tasks:add')).toEqual(['ada', 'ada'])
    await page.convex.auth.signOut()
    expect(await outcome).toMatchObject({ outcome: 'unknown' })
  })

  it('rejects with the outcome `notSent` if the connection is lost', async () => {
    const result = await signInAda()
    page.deployment.isReachable = false
    page.deployment.drop()
    await page.tick()
    const outcome = result.add.mutate({}).then(() => 'ran', error => error)
    await page.tick(5000)
    await page.convex.auth.signOut()
    expect(await outcome).toMatchObject({ outcome: 'notSent' })
    page.deployment.isReachable = true
    await page.tick(60_000)
    expect(subjectsOf(page.deployment, 'tasks:add')).toEqual(['ada'])
  })
})
