import type { TokenOutcome } from 'convue'
import { IdentityChangedError, useAuthedQuery, useConvexAction, useConvexAuth, useConvexClient, useConvexMutation, useConvexQuery } from 'convue'
import { describe, expect, it, vi } from 'vitest'
import { shallowRef } from 'vue'
import { fakeToken } from '../../support/scripted/fake-token.ts'
import { identityApi as api, recordTicks, scriptIdentity, subjectsOf } from '../../support/scripted/identity.ts'
import { ScriptedPage, setupScriptedPage } from '../../support/scripted/scripted-page.ts'
import { signedIn } from '../../support/scripted/scripted-source.ts'

const beasToken = (): TokenOutcome => ({ kind: 'token', token: fakeToken('bea') })

let page: ScriptedPage
setupScriptedPage()

function useEverything() {
  const of = shallowRef('first')
  return {
    of,
    auth: useConvexAuth(),
    required: useAuthedQuery(api.tasks, {}),
    optional: useConvexQuery(api.whoami),
    kept: useAuthedQuery(api.tasks, () => ({ of: of.value }), { keepPreviousData: true }),
    initial: useAuthedQuery(api.tasks, { of: 'initial' }, { initialData: 'ada\'s initial tasks' }),
    transformed: useAuthedQuery(api.tasks, { of: 'transformed' }, { transform: text => [text] }),
    paused: useAuthedQuery(api.tasks, () => of.value === 'first' ? { of: 'pausing' } : undefined),
    failing: useAuthedQuery(api.tasks, { of: 'failing' }),
    add: useConvexMutation(api.add),
    failingAdd: useConvexMutation(api.add),
    run: useConvexAction(api.run),
    client: useConvexClient(),
  }
}

/** All that the page can show. */
function readAll({ auth, client: _client, of: _of, add, failingAdd, run, ...queries }: ReturnType<typeof useEverything>): unknown {
  return {
    auth: [auth.status.value, auth.user.value, auth.session.value],
    queries: Object.values(queries).map(({ data, error }) => [data.value, error.value?.message]),
    calls: [add, failingAdd, run].map(({ data, error, status }) => [data.value, error.value?.message, status.value]),
  }
}

/** A page on which everything belongs to ada. */
async function showAda() {
  page = new ScriptedPage({ user: 'ada' })
  const { deployment } = page
  scriptIdentity(deployment)
  deployment.functions.set('tasks:list', ({ of }, subject) => {
    if (of === 'failing')
      throw new Error(`${subject}'s secret error`)
    return `${subject}'s ${of ?? ''} tasks`
  })
  deployment.functions.set('tasks:add', ({ text }, subject) => {
    if (text === 'fail')
      throw new Error(`${subject}'s secret failure`)
    return `${subject}'s addition`
  })
  const { result } = page.run(useEverything)
  await page.tick()
  const calls = [result.add.mutate({}), result.run.run({}), result.failingAdd.mutate({ text: 'fail' }).catch(() => {})]
  await page.tick()
  await Promise.all(calls)
  for (const mine of ['ada\'s first tasks', 'ada\'s secret error', 'ada\'s secret failure', 'ada\'s addition', 'ada\'s run', 'ada\'s transformed tasks', 'ada\'s pausing tasks'])
    expect(JSON.stringify(readAll(result))).toContain(mine)
  return result
}

/** The ways in which the user can change. At the end of each, bea is signed in. */
const ways: [string, () => unknown][] = [
  ['a session of the next user', () => page.source.signIn('bea')],
  ['a session of the next user, whose token is late', async () => {
    page.source.answer = null
    page.source.report(signedIn('bea'))
    await page.tick(5000)
    page.source.lastRequest.settle(beasToken())
  }],
  ['a token of the next user, which arrives before the session', async () => {
    page.source.answer = beasToken
    wakeAfterExpiry()
    await page.tick(1000)
    page.source.report(structuredClone(signedIn('ada')))
    await page.tick(1000)
    page.source.report(signedIn('bea'))
  }],
  ['a token of the next user, which the Convex client requested', async () => {
    page.source.answer = beasToken
    const socket = page.deployment.sockets.find(({ subject }) => subject === 'ada')!
    socket.onmessage!({ data: JSON.stringify({ type: 'AuthError', error: 'Token expired', baseVersion: 1, authUpdateAttempted: false }) })
    socket.drop(1000)
    await page.tick(1000)
    page.source.report(signedIn('bea'))
  }],
  ['a sign-out and a sign-in', async () => {
    await page.convex.auth.signOut()
    page.source.signIn('bea')
  }],
  ['a sign-out and a sign-in in one tick', () => {
    page.source.report({ status: 'signedOut' })
    page.source.signIn('bea')
  }],
]

/** The page wakes after its token has expired. */
function wakeAfterExpiry(): void {
  vi.setSystemTime(Date.now() + 7_200_000)
  document.dispatchEvent(new Event('visibilitychange'))
}

describe('createConvex', () => {
  describe.each(ways)('an identity change by %s', (_name, come) => {
    it('removes all data of the previous user in one tick, before data of the next user is shown', async () => {
      const result = await showAda()
      const ticks = recordTicks(() => readAll(result))
      await come()
      await page.tick(10_000)
      const firstWithout = ticks.findIndex(tick => !tick.includes('ada'))
      expect(firstWithout).toBeGreaterThan(0)
      for (const tick of ticks.slice(firstWithout))
        expect(tick).not.toContain('ada')
      // No tick shows data of both users: all data of ada disappear together.
      for (const tick of ticks)
        expect(tick.includes('ada') && tick.includes('bea')).toBe(false)
      for (const tick of ticks.slice(0, firstWithout))
        expect(tick).toContain('ada\'s first tasks')

      expect(page.convex.auth.status.value).toBe('authenticated')
      expect(page.convex.auth.user.value).toMatchObject({ id: 'bea' })
      expect(result.required.data.value).toBe('bea\'s  tasks')
      expect(result.kept.data.value).toBe('bea\'s first tasks')
      expect(result.optional.data.value).toBe('bea')
      expect(result.failing.error.value?.message).toContain('bea\'s secret error')
      expect(result.add.status.value).toBe('idle')
    })

    it('opens a connection for the next user, and closes the connection of the previous user', async () => {
      await showAda()
      const previous = page.convex.client
      await come()
      await page.tick(10_000)
      expect(previous.closed).toBe(true)
      expect(page.convex.client).not.toBe(previous)
      expect(page.deployment.liveSockets.map(({ subject }) => subject)).toEqual(['bea'])
      for (const { frames } of page.deployment.sockets) {
        const subjects = frames.filter(({ type }) => type === 'Authenticate').map(({ value }) => JSON.parse(atob(value.split('.')[1])).sub)
        expect(new Set(subjects).size).toBeLessThanOrEqual(1)
      }
      expect(subjectsOf(page.deployment, 'tasks:list')).not.toContain(null)
    })

    it('prevents that late results of the previous user are shown', async () => {
      const result = await showAda()
      const { deployment } = page
      deployment.isHolding = true
      deployment.functions.set('tasks:list', (_args, subject) => `${subject}'s late tasks`)
      deployment.invalidate()
      const ticks = recordTicks(() => readAll(result))
      const coming = Promise.resolve(come())
      deployment.flush()
      await page.tick(1000)
      deployment.flush()
      await coming
      await page.tick(10_000)
      const firstWithout = ticks.findIndex(tick => !tick.includes('ada'))
      for (const tick of ticks.slice(firstWithout))
        expect(tick).not.toContain('ada')
      expect(result.required.data.value).toBe('bea\'s late tasks')
    })

    it('rejects the pending calls of the previous user, and does not show their results', async () => {
      const result = await showAda()
      page.deployment.isHolding = true
      const calls = [result.add.mutate({}), result.run.run({}), result.client.mutation(api.add, {}), result.client.query(api.tasks, { of: 'asked' })]
      const outcomes = calls.map(call => call.then(() => 'ran', error => error))
      await page.tick()
      expect(result.add.isPending.value).toBe(true)
      page.deployment.isHolding = false
      const coming = come()
      const ticks = recordTicks(() => [result.add.data.value, result.add.error.value?.message, result.run.data.value])
      await coming
      page.deployment.flush()
      await page.tick(10_000)
      for (const outcome of await Promise.all(outcomes))
        expect(outcome).toBeInstanceOf(IdentityChangedError)
      expect(result.add.status.value).toBe('idle')
      expect(ticks.join()).not.toContain('IDENTITY_CHANGED')
      const additions = subjectsOf(page.deployment, 'tasks:add')
      expect(additions).not.toContain('bea')
    })

    it('leaves no data of the previous user that keepPreviousData could show', async () => {
      const result = await showAda()
      await come()
      page.deployment.isHolding = true
      result.of.value = 'second'
      const ticks = recordTicks(() => [result.kept.data.value, result.kept.isStale.value])
      await page.tick(5000)
      expect(ticks.join()).not.toContain('ada')
    })
  })

  describe('data that keepPreviousData shows while new arguments load', () => {
    it('is removed in the tick of an identity change', async () => {
      const result = await showAda()
      page.deployment.isHolding = true
      result.of.value = 'second'
      await page.tick()
      expect(result.kept.data.value).toBe('ada\'s first tasks')
      page.source.report(signedIn('bea'))
      expect(result.kept.data.value).toBeUndefined()
      expect(result.kept.isStale.value).toBe(false)
    })
  })

  describe('a call that is pending when the identity changes', () => {
    it('does not show its result to the next user, even if it succeeds in the same tick', async () => {
      const result = await showAda()
      page.deployment.isHolding = true
      const addition = result.add.mutate({}).catch(() => {})
      await page.tick()
      page.deployment.flush()
      page.source.report(signedIn('bea'))
      await addition
      await page.tick()
      expect(result.add.data.value).toBeUndefined()
      expect(result.add.status.value).toBe('idle')
    })

    it('does not change the state of the call that the next user makes', async () => {
      const result = await showAda()
      page.deployment.isHolding = true
      const adas = result.add.mutate({}).catch(error => error)
      await page.tick()
      page.source.signIn('bea')
      const beas = result.add.mutate({})
      expect(await adas).toBeInstanceOf(IdentityChangedError)
      expect(result.add.status.value).toBe('pending')
      await page.tick()
      page.deployment.flush()
      await page.tick()
      await expect(beas).resolves.toBe('bea\'s addition')
      expect(result.add.data.value).toBe('bea\'s addition')
    })

    it('passes the error to `onError`, but does not set `error`', async () => {
      const result = await showAda()
      page.deployment.isHolding = true
      const onError = vi.fn()
      const { result: other } = page.run(() => useConvexMutation(api.add, { onError }))
      void other.mutate({}).catch(() => {})
      await page.tick()
      page.source.signIn('bea')
      const next = result.add.mutate({})
      page.deployment.isHolding = false
      await page.tick()
      page.deployment.flush()
      await page.tick()
      await expect(next).resolves.toBe('bea\'s addition')
      expect(onError).toHaveBeenCalledExactlyOnceWith(expect.any(IdentityChangedError), {})
      expect(other.error.value).toBeUndefined()
    })
  })

  describe('a response that arrives after an identity change', () => {
    it('is ignored if it contains a token of the previous user', async () => {
      const result = await showAda()
      page.source.answer = null
      wakeAfterExpiry()
      const adas = page.source.lastRequest
      page.source.report(signedIn('bea'))
      adas.settle({ kind: 'token', token: fakeToken('ada') })
      await page.tick()
      expect(page.convex.auth.status.value).toBe('loading')
      page.source.lastRequest.settle(beasToken())
      await page.tick()
      expect(result.required.data.value).toBe('bea\'s  tasks')
    })

    it('is ignored if it contains a session of the previous user', async () => {
      const result = await showAda()
      page.source.signIn('bea')
      await page.tick()
      page.takeFrames()
      page.source.report(signedIn('ada'))
      await page.tick(5000)
      expect(page.convex.auth.user.value).toMatchObject({ id: 'bea' })
      expect(result.required.data.value).toBe('bea\'s  tasks')
      expect(page.deployment.liveSockets.map(({ subject }) => subject)).toEqual(['bea'])
    })

    it('is ignored if it denies the session of the previous user', async () => {
      await showAda()
      page.source.answer = null
      wakeAfterExpiry()
      const adas = page.source.lastRequest
      page.source.signIn('bea')
      adas.settle({ kind: 'denied' })
      await page.tick()
      expect(page.convex.auth.status.value).toBe('authenticated')
    })

    it('is ignored if it contains a token of the previous session, which was denied', async () => {
      await showAda()
      page.source.answer = () => ({ kind: 'denied' })
      wakeAfterExpiry()
      await page.tick()
      page.source.signIn('bea')
      await page.tick()
      page.source.answer = () => ({ kind: 'token', token: fakeToken('ada') })
      await page.tick(900_000)
      page.source.answer = beasToken
      await page.tick(60_000)
      expect(page.deployment.liveSockets.map(({ subject }) => subject)).toEqual(['bea'])
      const [, ...beas] = page.deployment.sockets.filter(({ frames }) => frames.some(({ type }) => type === 'Authenticate'))
      for (const { frames } of beas)
        expect(frames.filter(({ type }) => type === 'Authenticate').map(({ value }) => JSON.parse(atob(value.split('.')[1])).sub)).not.toContain('ada')
    })
  })

  describe('repeated identity changes', () => {
    it('show the data of each user in turn, and run no required query anonymously', async () => {
      const result = await showAda()
      for (const userId of ['bea', 'ada', 'bea', 'ada']) {
        page.source.signIn(userId)
        await page.tick(100)
        expect(result.required.data.value).toBe(`${userId}'s  tasks`)
        expect(page.convex.auth.user.value).toMatchObject({ id: userId })
      }
      expect(subjectsOf(page.deployment, 'tasks:list')).not.toContain(null)
    })

    it('leave only the connection of the last user, even if all of them happen in one tick', async () => {
      const result = await showAda()
      for (let changes = 0; changes < 30; changes++) {
        page.source.signIn(`user${changes}`)
        if (changes % 3 === 0)
          page.source.report({ status: 'signedOut' })
      }
      page.source.signIn('zoe')
      await page.tick(1000)
      expect(result.required.data.value).toBe('zoe\'s  tasks')
      expect(page.deployment.liveSockets.map(({ subject }) => subject)).toEqual(['zoe'])
      expect(subjectsOf(page.deployment, 'tasks:list').filter(subject => subject !== 'ada' && subject !== 'zoe')).toEqual([])
    })
  })
})
