import type { Deployment } from '../../src/testing/index.ts'
import { anonymousClient, multiSessionClient, oneTimeTokenClient } from 'better-auth/client/plugins'
import { genericOAuth } from 'better-auth/plugins/generic-oauth'
import { useAuthedQuery, useConvexMutation, useConvexSignIn } from 'convue'
import { UnsecuredJWT } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import { api } from '../support/convex/_generated/api.js'
import { loadRouteGuard } from '../support/docs/route-guard.ts'
import { eventually } from '../support/environment/eventually.ts'
import { createBrowserFetch, signUp, startFixture } from '../support/live/deployment.ts'
import { becomePage, createLiveAuthClient, LivePage } from '../support/live/live-page.ts'
import { recordTicks } from '../support/scripted/identity.ts'

const password = 'correct horse battery'

let deployment: Deployment
let page: LivePage
// The page exists for the whole file: the Better Auth client removes its listeners from the page a
// second after its own last listener was removed.
beforeAll(async () => {
  becomePage()
  deployment = await startFixture({ env: { AUTH_PLUGINS: 'anonymous multiSession oneTimeToken', GOOGLE_CLIENT_ID: 'test' } })
})
afterEach(() => page.close())
afterAll(() => deployment.close())

/** The component, whose adapter is for Better Auth 1.6, cannot consume a one-time token with 1.7. */
const canConsumeTokens = 'endpoints' in genericOAuth({ config: [] })

let users = 0

function openPage() {
  const plugins = [anonymousClient(), multiSessionClient(), oneTimeTokenClient()]
  const { authClient, network } = createLiveAuthClient(deployment, createBrowserFetch(), plugins)
  page = new LivePage(deployment, { authClient })
  const { auth } = page.convex
  const queries = page.run(() => ({
    ...useConvexSignIn(),
    me: useAuthedQuery(api.users.current),
    tasks: useAuthedQuery(api.tasks.list),
    add: useConvexMutation(api.tasks.add).mutate,
  }))
  const newUser = (name: string) => ({ name, email: `${name}${++users}@example.com`, password })
  /** The user as whom a mutation runs right after a sign-in. */
  const subject = async (): Promise<string | undefined> => {
    await queries.add({ text: 'mine' })
    await deployment.settled()
    return deployment.log.findLast(({ name }) => name === 'tasks:add')?.subject?.split('|').at(-1)
  }
  return { authClient: authClient as any, network, auth, newUser, subject, ...queries }
}

describe('useConvexSignIn with Better Auth and a deployment', () => {
  it('resolves when calls run as the user who has signed up, and after a second sign-in', async () => {
    const { authClient, auth, newUser, signIn, subject } = openPage()
    expect(await auth.ready()).toBe(false)
    const ada = newUser('Ada')
    expect(await signIn(() => authClient.signUp.email(ada))).toBe(true)
    expect([auth.status.value, auth.user.value?.name]).toEqual(['authenticated', 'Ada'])
    expect(await subject()).toBe(auth.user.value?.id)

    await auth.signOut()
    expect(await signIn(() => authClient.signIn.email({ email: ada.email, password }))).toBe(true)
    expect(auth.user.value?.name).toBe('Ada')
  })

  it('lets router.push open a protected page at once, as a confirmed user', async () => {
    const { authClient, auth, newUser, signIn, subject } = openPage()
    const component = { render: () => null }
    const router = createRouter({
      history: createMemoryHistory(),
      routes: [
        { path: '/sign-in', component },
        { path: '/protected', component, meta: { requiresAuth: true } },
      ],
    })
    // Vue Router calls this before the guard, which waits for the deployment by itself.
    const statuses: string[] = []
    router.beforeEach(({ path }) => {
      if (path === '/protected')
        statuses.push(auth.status.value)
    })
    loadRouteGuard()(router, page.convex)
    await router.push('/protected')
    expect(router.currentRoute.value.fullPath).toBe('/sign-in?redirect=/protected')

    const opened: string[] = []
    router.afterEach(({ fullPath }) => void opened.push(fullPath))
    await signIn(() => authClient.signUp.email(newUser('Ada')))
    await router.push('/protected')
    expect(statuses).toEqual(['loading', 'authenticated'])
    expect(opened).toEqual(['/protected'])
    expect(await subject()).toBe(auth.user.value?.id)
  })

  it('rejects with the error of Better Auth', async () => {
    const { authClient, auth, signIn } = openPage()
    await auth.ready()
    const refused = signIn(() => authClient.signIn.email({ email: 'unknown@example.com', password }))
    await expect(refused).rejects.toMatchObject({ code: 'INVALID_EMAIL_OR_PASSWORD', status: 401 })
    expect(auth.status.value).toBe('unauthenticated')
  })

  if (canConsumeTokens) {
    it('signs in with a one-time token of another browser', async () => {
      const { authClient, auth, signIn } = openPage()
      await auth.ready()
      const other = await signUp(deployment, { name: 'Grace' })
      const response = await other.fetch(`${deployment.siteUrl}/api/auth/one-time-token/generate`)
      const { token } = await response.json()
      expect(await signIn(() => authClient.oneTimeToken.verify({ token }))).toBe(true)
      expect(auth.user.value?.id).toBe(other.userId)
    })
  }

  it('links an anonymous account to a real one, and shows no data of the anonymous user', async () => {
    const { authClient, auth, newUser, signIn, add, tasks } = openPage()
    await auth.ready()
    expect(await signIn(() => authClient.signIn.anonymous())).toBe(true)
    const anonymousId = auth.user.value!.id
    expect(auth.user.value?.isAnonymous).toBe(true)
    await add({ text: 'of the anonymous user' })
    await eventually(() => tasks.data.value).toHaveLength(1)

    const ticks = recordTicks(() => [auth.user.value?.id === anonymousId, tasks.data.value?.length ?? null])
    expect(await signIn(() => authClient.signUp.email(newUser('Ada')))).toBe(true)
    expect(auth.user.value?.id).not.toBe(anonymousId)
    await eventually(() => tasks.data.value).toEqual([])
    expect(ticks.at(0)).toBe('[true,1]')
    expect(ticks.slice(1).every(tick => tick === '[false,null]' || tick === '[false,0]')).toBe(true)
  })

  it('shows the data without a pause if an anonymous user links an account and keeps the id', async () => {
    const { authClient, auth, signIn, add, tasks } = openPage()
    await auth.ready()
    await signIn(() => authClient.signIn.anonymous())
    const { id, session } = { id: auth.user.value!.id, session: auth.session.value!.id }
    await add({ text: 'of the anonymous user' })
    await eventually(() => tasks.data.value).toHaveLength(1)

    const profile = { sub: 'google-ada', name: 'Ada', email: 'ada@example.com', email_verified: true }
    const google = { provider: 'google', idToken: { token: new UnsecuredJWT(profile).encode() } }
    const ticks = recordTicks(() => [auth.status.value, auth.user.value?.id === id, tasks.status.value, tasks.data.value?.length])
    expect((await authClient.linkSocial(google)).data.status).toBe(true)
    expect(await signIn(() => authClient.signIn.social(google))).toBe(true)
    await eventually(() => auth.session.value?.id).not.toBe(session)
    expect(auth.user.value).toMatchObject({ id, name: 'Ada' })
    await add({ text: 'of Ada' })
    await eventually(() => tasks.data.value).toHaveLength(2)
    expect(ticks).toEqual(['["authenticated",true,"success",1]', '["authenticated",true,"success",2]'])
  })

  it('switches between the sessions of multiSession', async () => {
    const { authClient, auth, newUser, signIn, me } = openPage()
    await auth.ready()
    await signIn(() => authClient.signUp.email(newUser('Ada')))
    const { data: { session: { token: sessionToken } } } = await authClient.getSession()
    await signIn(() => authClient.signUp.email(newUser('Bea')))
    expect(auth.user.value?.name).toBe('Bea')
    await eventually(() => me.data.value).toBeTruthy()
    expect(await signIn(() => authClient.multiSession.setActive({ sessionToken }))).toBe(true)
    expect([auth.status.value, auth.user.value?.name]).toEqual(['authenticated', 'Ada'])
  })

  it('lets ready() wait for a sign-in of the auth client, without useConvexSignIn', async () => {
    const { authClient, auth, newUser } = openPage()
    await auth.ready()
    await authClient.signUp.email(newUser('Ada'))
    expect(await auth.ready()).toBe(true)
    expect(auth.status.value).toBe('authenticated')
  })
})
