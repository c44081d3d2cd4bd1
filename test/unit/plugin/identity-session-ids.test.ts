import { useAuthedQuery, useConvexMutation, useConvexQuery } from 'convue'
import { describe, expect, it } from 'vitest'
import { fakeToken } from '../../support/scripted/fake-token.ts'
import { openPage, page } from '../../support/scripted/identity-page.ts'
import { identityApi as api, recordTicks, subjectsOf } from '../../support/scripted/identity.ts'
import { signedIn } from '../../support/scripted/scripted-source.ts'

function useTasks() {
  return {
    tasks: useAuthedQuery(api.tasks, {}),
    me: useConvexQuery(api.whoami),
    add: useConvexMutation(api.add),
  }
}

/** The session ids of providers that do not have unique session ids. */
const ids: [string, string | null][] = [
  ['the same id for every session', 'the-session'],
  ['no session ids', null],
]

async function openAuthenticated(sessionId: string | null) {
  const { source, deployment, convex } = openPage()
  source.signIn('ada', sessionId)
  const { result } = page.run(useTasks)
  await page.tick()
  expect(result.tasks.data.value).toBe('ada\'s tasks')
  return { source, deployment, ...convex.auth, ...result }
}

describe.each(ids)('createConvex with a provider that reports %s', (_name, sessionId) => {
  it('removes the data of the first user in the tick in which another user is reported', async () => {
    const { source, deployment, user, tasks, me, add } = await openAuthenticated(sessionId)
    const sockets = deployment.sockets.filter(({ subject }) => subject === 'ada')
    const sent = sockets.map(({ frames }) => frames.length)
    source.answer = null
    source.report(signedIn('bea', sessionId))
    expect([user.value?.id, tasks.data.value, me.data.value]).toEqual(['bea', undefined, undefined])
    const addition = add.mutate({})
    await page.tick(1000)
    expect(sockets.map(({ frames }) => frames.length)).toEqual(sent)
    source.lastRequest.settle({ kind: 'token', token: fakeToken('bea', { sessionId }) })
    await page.tick()
    await expect(addition).resolves.toBe('bea\'s addition')
    expect([tasks.data.value, me.data.value]).toEqual(['bea\'s tasks', 'bea'])
    expect(subjectsOf(deployment, 'tasks:add')).toEqual(['bea'])
  })

  it('signs two users in alternately, and never shows the data of the other user', async () => {
    const { source, user, tasks } = await openAuthenticated(sessionId)
    const ticks = recordTicks(() => [user.value?.id, tasks.data.value])
    for (const userId of ['bea', 'ada', 'bea']) {
      source.signIn(userId, sessionId)
      await page.tick()
      expect([user.value?.id, tasks.data.value]).toEqual([userId, `${userId}'s tasks`])
    }
    for (const [userId, data] of ticks.map(tick => JSON.parse(tick)))
      expect([null, `${userId}'s tasks`]).toContain(data)
  })

  it('signs the same user in again after the provider has reported a sign-out', async () => {
    const { source, status, tasks } = await openAuthenticated(sessionId)
    source.report({ status: 'signedOut' })
    expect([status.value, tasks.data.value]).toEqual(['unauthenticated', undefined])
    source.signIn('ada', sessionId)
    await page.tick()
    expect([status.value, tasks.data.value]).toEqual(['authenticated', 'ada\'s tasks'])
  })

  it('signs the same user in again after signOut()', async () => {
    const { source, status, signOut, tasks } = await openAuthenticated(sessionId)
    await signOut()
    expect([status.value, tasks.data.value]).toEqual(['unauthenticated', undefined])
    source.signIn('ada', sessionId)
    await page.tick()
    expect([status.value, tasks.data.value]).toEqual(['authenticated', 'ada\'s tasks'])
  })

  it('sets `user` to the next user at once after a denial, before a token arrives', async () => {
    const { source, status, error, user, tasks } = await openAuthenticated(sessionId)
    source.answer = () => ({ kind: 'denied' })
    await page.tick(900_000)
    expect(error.value).toMatchObject({ code: 'SESSION_ENDED' })
    source.signIn('bea', sessionId)
    // The page shows that Bea is signed in before a token arrives: the denial was about another
    // session.
    expect([status.value, user.value?.id, error.value]).toEqual(['loading', 'bea', null])
    await page.tick()
    expect(tasks.data.value).toBe('bea\'s tasks')
  })

  it('signs the same user in again after a denial, and then another user', async () => {
    const { source, status, error, tasks } = await openAuthenticated(sessionId)
    source.answer = () => ({ kind: 'denied' })
    await page.tick(900_000)
    expect([status.value, tasks.data.value]).toEqual(['unauthenticated', undefined])
    expect(error.value).toMatchObject({ code: 'SESSION_ENDED' })
    for (const userId of ['ada', 'bea']) {
      source.signIn(userId, sessionId)
      await page.tick()
      expect([status.value, error.value, tasks.data.value]).toEqual(['authenticated', null, `${userId}'s tasks`])
    }
  })

  it('sends no message and no request when an equal session is reported again', async () => {
    const { source } = await openAuthenticated(sessionId)
    page.takeFrames()
    for (let answers = 0; answers < 3; answers++) {
      source.report(signedIn('ada', sessionId))
      await page.tick()
    }
    expect(page.takeFrames()).toEqual([])
    expect(source.requests).toHaveLength(1)
  })
})
