import type { ConvexOptions } from 'convue'
import type { Deployment } from '../../src/testing/index.ts'
import type { Session } from '../support/live/deployment.ts'
import { useAuthedQuery, useConvexMutation, useConvexQuery } from 'convue'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { api } from '../support/convex/_generated/api.js'
import { eventually } from '../support/environment/eventually.ts'
import { createBrowserFetch, signUp, startFixture } from '../support/live/deployment.ts'
import { becomePage, createLiveAuthClient, LivePage } from '../support/live/live-page.ts'
import { recordTicks } from '../support/scripted/identity.ts'

const PASSWORD = 'correct horse battery'

let deployment: Deployment
const open: LivePage[] = []
beforeAll(async () => {
  deployment = await startFixture()
})
beforeEach(() => becomePage())
afterEach(async () => {
  for (const page of open.splice(0))
    await page.close()
})
afterAll(() => deployment.close())

function openPage(browserFetch = createBrowserFetch(), options: Partial<ConvexOptions> = {}) {
  const auth = createLiveAuthClient(deployment, browserFetch)
  const page = new LivePage(deployment, { authClient: auth.authClient, ...options })
  open.push(page)
  const queries = page.run(() => ({
    tasks: useAuthedQuery(api.tasks.list),
    me: useConvexQuery(api.users.whoami),
    current: useAuthedQuery(api.users.current),
    add: useConvexMutation(api.tasks.add),
  }))
  return { ...auth, page, convex: page.convex, ...queries, texts: () => queries.tasks.data.value?.map(({ text }) => text) }
}

async function settled(): Promise<void> {
  await deployment.settled()
}

function executions(name: string): (string | null)[] {
  return deployment.log.filter(entry => entry.name === name).map(({ subject }) => subject)
}

async function signUpWithTask(text: string): Promise<Session> {
  const session = await signUp(deployment)
  await deployment.mutation(api.tasks.add, { text }, { identity: { subject: session.userId } })
  return session
}

describe('createConvex', () => {
  describe('a browser without a session', () => {
    it('requests get-session once and no token', async () => {
      const { convex, requests, me, tasks } = openPage()
      expect(await convex.auth.ready()).toBe(false)
      await eventually(() => me.status.value).toBe('success')
      expect(me.data.value).toBeNull()
      expect(tasks.status.value).toBe('paused')
      expect(requests).toEqual([{ path: '/get-session', status: 200 }])
    })
  })

  describe('a page that loads with a session', () => {
    it('makes one token request and is authenticated with it', async () => {
      const session = await signUpWithTask('first')
      deployment.log.length = 0
      const { convex, count, texts, current } = openPage(session.fetch)
      expect(await convex.auth.ready()).toBe(true)
      await eventually(texts).toEqual(['first'])
      await eventually(() => current.data.value).toMatchObject({ id: session.userId })
      expect(convex.auth.user.value).toMatchObject({ id: session.userId, email: session.email })
      expect(convex.auth.session.value).not.toHaveProperty('token')
      expect(count('/convex/token')).toBe(1)
      expect(count('/get-session')).toBe(1)
      await settled()
      expect(deployment.log.filter(({ kind, name }) => kind === 'socket' && name === 'authenticate')).toHaveLength(1)
      expect(executions('tasks:list')).toEqual([session.userId])
    })

    it('requests the token at once on the second load, in parallel with get-session', async () => {
      const session = await signUpWithTask('again')
      const first = openPage(session.fetch)
      expect(await first.convex.auth.ready()).toBe(true)
      await first.page.close()
      const second = openPage(session.fetch)
      const answers: (() => void)[] = []
      second.network.intercept = path => path === '/get-session'
        ? new Promise(resolve => answers.push(() => resolve(session.fetch(`${deployment.siteUrl}/api/auth/get-session`))))
        : undefined
      expect(await second.convex.auth.ready()).toBe(true)
      await eventually(second.texts).toEqual(['again'])
      expect(second.requests.map(({ path }) => path)).toEqual(['/convex/token', '/get-session'])
      // Until get-session has answered, the user has the claims of the token.
      expect(second.convex.auth.user.value).toMatchObject({ id: session.userId, email: session.email })
      expect(second.convex.auth.session.value).toBeNull()
      answers[0]!()
      await eventually(() => second.convex.auth.session.value?.userId).toBe(session.userId)
      await settled()
      expect(second.requests).toHaveLength(2)
    })

    it('causes no traffic when get-session returns an equal session', async () => {
      const session = await signUpWithTask('quiet')
      const { convex, authClient, texts, count } = openPage(session.fetch)
      expect(await convex.auth.ready()).toBe(true)
      await eventually(texts).toEqual(['quiet'])
      await settled()
      deployment.log.length = 0
      for (let times = 0; times < 3; times++)
        await authClient.$store.atoms.session!.value.refetch()
      expect(count('/get-session')).toBe(4)
      await settled()
      expect(count('/convex/token')).toBe(1)
      expect(deployment.log.filter(({ kind, connection }) => kind === 'socket' || connection !== null)).toEqual([])
    })
  })

  describe('tokenPath', () => {
    it('authenticates with the token of this path, and requests no other', async () => {
      const session = await signUpWithTask('elsewhere')
      const { network, count, texts } = openPage(session.fetch, { tokenPath: '/own/token' })
      network.intercept = path => path === '/own/token' ? session.fetch(`${deployment.siteUrl}/api/auth/convex/token`) : undefined
      await eventually(texts).toEqual(['elsewhere'])
      expect([count('/own/token'), count('/convex/token')]).toEqual([1, 0])
    })
  })

  describe('a sign-in by the Better Auth client', () => {
    it('needs no reload, and runs no query anonymously that requires a user', async () => {
      const email = (await signUpWithTask('mine')).email
      deployment.log.length = 0
      const { convex, authClient, texts, tasks, me } = openPage()
      expect(await convex.auth.ready()).toBe(false)
      expect(tasks.status.value).toBe('paused')
      const { error } = await authClient.signIn.email({ email, password: PASSWORD })
      expect(error).toBeNull()
      await eventually(texts).toEqual(['mine'])
      await eventually(() => me.data.value?.subject).toBe(convex.auth.user.value?.id)
      expect(convex.auth.status.value).toBe('authenticated')
      await settled()
      expect(executions('tasks:list')).not.toContain(null)
    })

    it('needs no reload after a sign-up either', async () => {
      const { convex, authClient, texts } = openPage()
      expect(await convex.auth.ready()).toBe(false)
      await authClient.signUp.email({ email: 'new@example.com', password: PASSWORD, name: 'New' })
      await eventually(texts).toEqual([])
      expect(convex.auth.user.value).toMatchObject({ email: 'new@example.com' })
    })

    it('shows no data of the previous user in any tick, also without a sign-out in between', async () => {
      const ada = await signUpWithTask('ada\'s')
      const bea = await signUpWithTask('bea\'s')
      const { convex, authClient, texts, add } = openPage(ada.fetch)
      await eventually(texts).toEqual(['ada\'s'])
      await add.mutate({ text: 'ada\'s second' })
      const ticks = recordTicks(() => [convex.auth.user.value?.id, texts(), add.data.value, add.status.value])
      await authClient.signIn.email({ email: bea.email, password: PASSWORD })
      await eventually(texts).toEqual(['bea\'s'])
      const first = ticks.findIndex(tick => !tick.includes(ada.userId))
      for (const tick of ticks.slice(first))
        expect(tick).not.toMatch(/ada's|success/)
      for (const tick of ticks)
        expect(tick.includes(ada.userId) && tick.includes('bea\'s')).toBe(false)
      await eventually(() => convex.auth.user.value?.id).toBe(bea.userId)
    })
  })

  describe.each([
    ['useConvexAuth().signOut()', ({ convex }: ReturnType<typeof openPage>) => convex.auth.signOut()],
    ['the Better Auth client', ({ authClient }: ReturnType<typeof openPage>) => authClient.signOut()],
    ['a revoked session', async ({ authClient }: ReturnType<typeof openPage>, session: Session) => {
      await session.signOut()
      await authClient.$store.atoms.session!.value.refetch()
    }],
  ])('a sign-out by %s', (_name, signOut) => {
    it('removes the data in the same tick, and runs nothing as the user once the socket closes', async () => {
      const session = await signUpWithTask('secret')
      const page = openPage(session.fetch)
      await eventually(page.texts).toEqual(['secret'])
      const ticks = recordTicks(() => [page.convex.auth.status.value, page.texts()])
      await signOut(page, session)
      await eventually(() => page.convex.auth.status.value).toBe('unauthenticated')
      expect(ticks.map(tick => JSON.parse(tick))).toEqual([['authenticated', ['secret']], ['unauthenticated', null]])
      expect(page.tasks.status.value).toBe('paused')
      await eventually(() => page.me.data.value).toBeNull()

      await eventually(() => deployment.connections.some(({ subject }) => subject === session.userId)).toBe(false)
      await deployment.mutation(api.tasks.add, { text: 'afterwards' }, { identity: { subject: session.userId } })
      await settled()
      const closed = deployment.log.findLastIndex(({ kind, name, subject }) => kind === 'socket' && name === 'close' && subject === session.userId)
      expect(closed).toBeGreaterThan(-1)
      expect(deployment.log.slice(closed + 1).filter(({ kind, subject, connection }) => kind !== 'socket' && connection !== null && subject === session.userId)).toEqual([])
      expect(page.count('/convex/token')).toBe(1)
    })

    it('allows another user, or the same user, to sign in at once', async () => {
      const [ada, bea] = [await signUpWithTask('ada\'s'), await signUpWithTask('bea\'s')]
      const page = openPage(ada.fetch)
      await eventually(page.texts).toEqual(['ada\'s'])
      await signOut(page, ada)
      await eventually(() => page.convex.auth.status.value).toBe('unauthenticated')
      await page.authClient.signIn.email({ email: bea.email, password: PASSWORD })
      await eventually(page.texts).toEqual(['bea\'s'])
      await page.convex.auth.signOut()
      await page.authClient.signIn.email({ email: ada.email, password: PASSWORD })
      await eventually(page.texts).toEqual(['ada\'s'])
    })
  })

  describe('another tab of the same browser', () => {
    it('signs this tab in, switches it to another user, and signs it out', async () => {
      const [ada, bea] = [await signUpWithTask('ada\'s'), await signUpWithTask('bea\'s')]
      const browserFetch = createBrowserFetch()
      const here = openPage(browserFetch)
      const there = openPage(browserFetch)
      expect(await here.convex.auth.ready()).toBe(false)
      expect(await there.convex.auth.ready()).toBe(false)

      await there.authClient.signIn.email({ email: ada.email, password: PASSWORD })
      await eventually(here.texts).toEqual(['ada\'s'])

      const ticks = recordTicks(() => [here.convex.auth.user.value?.id, here.texts()])
      await there.authClient.signIn.email({ email: bea.email, password: PASSWORD })
      await eventually(here.texts).toEqual(['bea\'s'])
      const first = ticks.findIndex(tick => !tick.includes(ada.userId))
      expect(ticks.slice(first).join()).not.toContain('ada\'s')

      await there.convex.auth.signOut()
      await eventually(() => here.convex.auth.status.value).toBe('unauthenticated')
      expect(here.texts()).toBeUndefined()
    })
  })

  describe('a user whose data change', () => {
    it('runs live queries with the new claims after one token request', async () => {
      const session = await signUpWithTask('stays')
      const { convex, authClient, count, me, texts } = openPage(session.fetch)
      await eventually(() => me.data.value?.subject).toBe(session.userId)
      await eventually(texts).toEqual(['stays'])
      // The first answer of get-session does not differ from a token that was requested before it.
      await authClient.$store.atoms.session!.value.refetch()
      expect(count('/convex/token')).toBe(1)
      const ticks = recordTicks(() => [convex.auth.status.value, texts()])

      await authClient.updateUser({ name: 'Ada Lovelace' })
      await eventually(() => me.data.value?.name).toBe('Ada Lovelace')
      expect(convex.auth.user.value).toMatchObject({ name: 'Ada Lovelace' })
      await authClient.$store.atoms.session!.value.refetch()
      await settled()
      expect(count('/convex/token')).toBe(2)
      expect(ticks).toHaveLength(1)
    })

    it('applies claims that were changed outside of the page after refresh()', async () => {
      const session = await signUpWithTask('stays')
      const { convex, count, me, texts } = openPage(session.fetch)
      await eventually(() => me.data.value?.subject).toBe(session.userId)
      await eventually(texts).toEqual(['stays'])
      const response = await session.fetch(`${deployment.siteUrl}/api/auth/update-user`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'Ada Lovelace' }),
      })
      expect(response.status).toBe(200)
      await convex.auth.refresh()
      expect(convex.auth.user.value).toMatchObject({ name: 'Ada Lovelace' })
      await eventually(() => me.data.value?.name).toBe('Ada Lovelace')
      expect(count('/convex/token')).toBe(2)
    })

    it('is signed out by refresh() if the session has ended outside of the page', async () => {
      const session = await signUpWithTask('gone')
      const { convex, texts } = openPage(session.fetch)
      await eventually(texts).toEqual(['gone'])
      await session.signOut()
      await convex.auth.refresh()
      expect(convex.auth.status.value).toBe('unauthenticated')
      expect(texts()).toBeUndefined()
    })
  })

  describe('a provider that fails', () => {
    const troubles: [string, () => Response | Promise<Response>][] = [
      ['403 with a firewall\'s page', () => new Response('<html>', { status: 403 })],
      ['401 with a page', () => new Response('<html>', { status: 401 })],
      ['429', () => new Response('{"message":"slow down"}', { status: 429, headers: { 'content-type': 'application/json' } })],
      ['503', () => new Response('', { status: 503 })],
      ['200 with a page', () => new Response('<html>', { status: 200 })],
      ['no answer', () => Promise.reject(new TypeError('Failed to fetch'))],
    ]

    it.each(troubles)('does not sign the user out: %s', async (_name, answer) => {
      const session = await signUpWithTask('here to stay')
      const { convex, authClient, network, texts, add } = openPage(session.fetch)
      await eventually(texts).toEqual(['here to stay'])
      const ticks = recordTicks(() => [convex.auth.status.value, texts()?.[0]])
      network.intercept = answer
      await authClient.$store.atoms.session!.value.refetch()
      await add.mutate({ text: 'works' })
      await eventually(() => texts()?.length).toBe(2)
      expect(ticks).toHaveLength(1)
      expect(convex.auth.status.value).toBe('authenticated')
      network.intercept = null
      await authClient.$store.atoms.session!.value.refetch()
      expect(convex.auth.user.value).toMatchObject({ id: session.userId })
      expect(ticks).toHaveLength(1)
    })

    it.each(troubles)('is requested again at boot until it recovers: %s', async (_name, answer) => {
      const session = await signUpWithTask('late')
      const auth = createLiveAuthClient(deployment, session.fetch)
      let failures = 0
      auth.network.intercept = path => path === '/convex/token' && failures++ < 1 ? answer() : undefined
      const page = new LivePage(deployment, { authClient: auth.authClient })
      open.push(page)
      const tasks = page.run(() => useAuthedQuery(api.tasks.list))
      expect(await page.convex.auth.ready()).toBeUndefined()
      expect(page.convex.auth.error.value).toMatchObject({ code: 'TOKEN_REQUEST_FAILED' })
      await eventually(() => tasks.data.value?.map(({ text }) => text)).toEqual(['late'])
      expect(auth.count('/convex/token')).toBe(2)
    })
  })

  describe('a sign-out with a slow response', () => {
    it.each(['useConvexAuth().signOut()', 'authClient.signOut()', 'another device'])('shows no error of a query that reads the session: %s', async (way) => {
      const session = await signUpWithTask('shown')
      const { page, convex, authClient, network, texts } = openPage(session.fetch)
      const me = page.run(() => useAuthedQuery(api.auth.getAuthUser))
      await eventually(texts).toEqual(['shown'])
      await eventually(() => me.data.value?.email).toBe(session.email)
      const ticks = recordTicks(() => [convex.auth.status.value, me.data.value?.email, me.error.value?.message])
      const hasAnswered = vi.fn()
      network.intercept = (path) => {
        if (path !== '/sign-out')
          return undefined
        return session.signOut().then(async () => {
        // The deployment has run the live queries again before the page receives the response.
          await settled()
          await new Promise(resolve => setTimeout(resolve, 400))
          hasAnswered()
          return Response.json({ success: true })
        })
      }
      if (way === 'another device')
        await session.signOut()
      else
        await (way === 'authClient.signOut()' ? authClient.signOut() : convex.auth.signOut())
      await eventually(() => convex.auth.status.value).toBe('unauthenticated')
      await settled()
      expect(ticks.map(text => JSON.parse(text))).toEqual([['authenticated', session.email, null], ['unauthenticated', null, null]])
      expect(hasAnswered).toHaveBeenCalledTimes(way === 'another device' ? 0 : 1)
    })
  })

  describe('changePassword with revokeOtherSessions', () => {
    it('replaces the session in all tabs without an error, however late the response is', async () => {
      const session = await signUpWithTask('shown')
      const tabs = [openPage(session.fetch), openPage(session.fetch)].map(opened => ({
        ...opened,
        me: opened.page.run(() => useAuthedQuery(api.auth.getAuthUser)),
      }))
      for (const { me, convex } of tabs) {
        await eventually(() => me.data.value?.email).toBe(session.email)
        await eventually(() => convex.auth.session.value?.id).toBeTruthy()
      }
      const { authClient, network, convex } = tabs[0]!
      const { id } = convex.auth.session.value!
      const ticks = tabs.map(({ convex, me }) => recordTicks(() => [convex.auth.isAuthenticated.value, me.data.value?.email, me.error.value?.message]))
      const body = { currentPassword: PASSWORD, newPassword: `${PASSWORD} 2`, revokeOtherSessions: true }
      network.intercept = (path) => {
        if (path !== '/change-password')
          return undefined
        // The browser receives the new cookie with the response, and sends the old cookie until then.
        const old = new Map(session.fetch.cookies)
        return session.fetch(`${deployment.siteUrl}/api/auth/change-password`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }).then(async (response) => {
          const renewed = new Map(session.fetch.cookies)
          const setCookies = (cookies: Map<string, string>): void => {
            session.fetch.cookies.clear()
            cookies.forEach((value, name) => session.fetch.cookies.set(name, value))
          }
          setCookies(old)
          await settled()
          await new Promise(resolve => setTimeout(resolve, 400))
          setCookies(renewed)
          return response
        })
      }
      expect((await authClient.changePassword(body)).error).toBeNull()
      for (const { convex, me } of tabs) {
        await eventually(() => convex.auth.session.value?.id).not.toBe(id)
        await eventually(() => me.isStale.value).toBe(false)
      }
      await settled()
      expect(ticks.map(texts => texts.map(text => JSON.parse(text)))).toEqual([[[true, session.email, null]], [[true, session.email, null]]])
    })
  })

  describe('a session that ends while the page sleeps', () => {
    it('signs out at the next renewal', async () => {
      const session = await signUpWithTask('gone tomorrow')
      const { convex, texts, authClient } = openPage(session.fetch)
      await eventually(texts).toEqual(['gone tomorrow'])
      await session.signOut()
      // The deployment's clock is past the token's expiry: it refuses the token.
      await deployment.advanceClock(16 * 60_000)
      deployment.disconnectAll()
      await eventually(() => convex.auth.status.value).toBe('unauthenticated')
      expect(texts()).toBeUndefined()
      expect(convex.auth.error.value).toMatchObject({ code: 'SESSION_ENDED' })
      expect(authClient).toBeDefined()
    })
  })
})

describe('useConvexAuth: a sign-out that fails', () => {
  it('rejects and changes nothing', async () => {
    const session = await signUpWithTask('still here')
    const { convex, network, texts } = openPage(session.fetch)
    await eventually(texts).toEqual(['still here'])
    network.intercept = path => path === '/sign-out' ? new Response('<html>', { status: 403 }) : undefined
    await expect(convex.auth.signOut()).rejects.toMatchObject({ code: 'SIGN_OUT_FAILED' })
    expect(convex.auth.status.value).toBe('authenticated')
    expect(texts()).toEqual(['still here'])
  })
})
