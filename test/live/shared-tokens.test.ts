import type { UseConvexAuthReturn } from 'convue'
import type { Deployment } from '../../src/testing/index.ts'
import type { ScriptedTab } from '../support/scripted/shared-worker.ts'
import { useAuthedQuery } from 'convue'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { api } from '../support/convex/_generated/api.js'
import { eventually } from '../support/environment/eventually.ts'
import { signIn, signUp, startFixture } from '../support/live/deployment.ts'
import { becomePage, createLiveAuthClient, LivePage } from '../support/live/live-page.ts'
import { ScriptedTabs } from '../support/scripted/shared-worker.ts'

interface Tab extends ReturnType<typeof createLiveAuthClient> {
  tab: ScriptedTab
  page: LivePage
  auth: UseConvexAuthReturn
  texts: () => string[] | undefined
}

let deployment: Deployment
let browser: ScriptedTabs
let open: Tab[]

beforeAll(async () => {
  deployment = await startFixture()
})
beforeEach(() => {
  becomePage()
  browser = new ScriptedTabs(WebSocket)
  open = []
  deployment.log.length = 0
})
afterEach(async () => {
  for (const { page } of open)
    await page.close()
})
afterAll(() => deployment.close())

/** Opens a tab of a browser with these cookies, with real clients of Better Auth and Convex. */
function openTab(browserFetch: typeof fetch): Tab {
  const auth = createLiveAuthClient(deployment, browserFetch)
  const tab = browser.open()
  const page = new LivePage(deployment, { authClient: auth.authClient, clientOptions: { webSocketConstructor: tab.WebSocket } })
  const tasks = page.run(() => useAuthedQuery(api.tasks.list))
  const opened = {
    ...auth,
    tab,
    page,
    auth: page.convex.auth,
    texts: () => tasks.data.value?.map(({ text }) => text),
  }
  open.push(opened)
  return opened
}

async function signUpWithTask(text: string) {
  const session = await signUp(deployment)
  await deployment.mutation(api.tasks.add, { text }, { identity: { subject: session.userId } })
  deployment.log.length = 0
  return session
}

const tokenRequests = (): number => open.reduce((sum, { count }) => sum + count('/convex/token'), 0)
const authentications = (): number => deployment.log.filter(({ kind, name }) => kind === 'socket' && name === 'authenticate').length

describe('sharedTabs', () => {
  it('requests one token of Better Auth for ten tabs, and for one more that opens later', async () => {
    const session = await signUpWithTask('shared')
    for (let count = 0; count < 10; count++)
      openTab(session.fetch)
    for (const { texts } of open)
      await eventually(texts).toEqual(['shared'])
    await deployment.settled()
    expect([tokenRequests(), authentications()]).toEqual([1, 1])
    const later = openTab(session.fetch)
    await eventually(later.texts).toEqual(['shared'])
    expect(later.auth.user.value).toMatchObject({ id: session.userId, email: session.email })
    await deployment.settled()
    expect([tokenRequests(), authentications()]).toEqual([1, 1])
  })

  it('requests one token again after the deployment has refused the token of all tabs', async () => {
    const session = await signUpWithTask('kept')
    for (let count = 0; count < 5; count++)
      openTab(session.fetch)
    for (const { texts } of open)
      await eventually(texts).toEqual(['kept'])
    await deployment.advanceClock(3600_000)
    try {
      await deployment.mutation(api.tasks.add, { text: 'after' }, { identity: { subject: session.userId } })
      for (const { texts } of open)
        await eventually(texts).toEqual(['kept', 'after'])
      expect(tokenRequests()).toBe(2)
    }
    finally {
      await deployment.advanceClock(-3600_000)
    }
  })

  it('signs all tabs out when one signs out, and uses the token of the ended session nowhere', async () => {
    const session = await signUpWithTask('private')
    const [first, second] = [openTab(session.fetch), openTab(session.fetch)]
    for (const { texts } of open)
      await eventually(texts).toEqual(['private'])
    const requests = tokenRequests()
    await first.auth.signOut()
    await eventually(() => second.auth.status.value).toBe('unauthenticated')
    const third = openTab(session.fetch)
    expect(await third.auth.ready()).toBe(false)
    expect(open.map(({ texts }) => texts())).toEqual([undefined, undefined, undefined])
    // The hint of a signed-in user is gone as well, so the third tab requests no token.
    expect(tokenRequests()).toBe(requests)
  })

  it('never shows the data of the previous user in any tab after a switch in one tab', async () => {
    const bob = await signUpWithTask('of Bob')
    const ada = await signUpWithTask('of Ada')
    const tabs = [openTab(ada.fetch), openTab(ada.fetch), openTab(ada.fetch)] as const
    for (const { texts } of tabs)
      await eventually(texts).toEqual(['of Ada'])
    const { error } = await tabs[1].authClient.signIn.email({ email: bob.email, password: 'correct horse battery' })
    expect(error).toBeNull()
    for (const { texts, auth } of tabs) {
      await eventually(texts).toEqual(['of Bob'])
      expect(auth.user.value?.id).toBe(bob.userId)
    }
    // Two tabs that request the session at the same time may both request a token.
    expect(tokenRequests()).toBeLessThanOrEqual(1 + tabs.length)
    const later = openTab(ada.fetch)
    const before = tokenRequests()
    await eventually(later.texts).toEqual(['of Bob'])
    expect(tokenRequests()).toBe(before)
  })

  it('gives each of two sessions of one user a token of its own', async () => {
    const first = await signUpWithTask('both')
    const second = await signIn(deployment, first)
    const tabs = [openTab(first.fetch), openTab(second.fetch)] as const
    for (const { texts } of tabs)
      await eventually(texts).toEqual(['both'])
    expect(tabs.map(({ count }) => count('/convex/token'))).toEqual([1, 1])
    await tabs[1].auth.signOut()
    await deployment.settled()
    const later = openTab(first.fetch)
    await eventually(later.texts).toEqual(['both'])
  })

  it('continues with another tab when the tab that requests the token ends', async () => {
    const session = await signUpWithTask('alive')
    const answers: (() => void)[] = []
    const [first, second] = [openTab(session.fetch), openTab(session.fetch)]
    for (const { network, count } of open)
      network.intercept = path => path === '/convex/token' && count('/convex/token') + answers.length < 2 ? new Promise<Response>(resolve => answers.push(() => resolve(new Response()))) : undefined
    await eventually(tokenRequests).toBe(1)
    const [owner, other] = first.count('/convex/token') > 0 ? [first, second] : [second, first]
    other.network.intercept = null
    owner.tab.kill()
    open = [other]
    void owner.page.close()
    await eventually(other.texts).toEqual(['alive'])
    expect(other.count('/convex/token')).toBe(1)
  })
})
