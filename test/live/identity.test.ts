import type { ConvexClientOptions } from 'convex/browser'
import type { Deployment } from '../../src/testing/index.ts'
import { IdentityChangedError, useAuthedQuery, useConvexAction, useConvexMutation, useConvexQuery } from 'convue'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { api } from '../support/convex/_generated/api.js'
import { eventually } from '../support/environment/eventually.ts'
import { createToken, startFixture } from '../support/live/deployment.ts'
import { becomePage, LivePage, LiveSource } from '../support/live/live-page.ts'
import { LIFETIME_SECONDS, RENEWAL_MS, usePageTime } from '../support/live/page-time.ts'
import { recordTicks } from '../support/scripted/identity.ts'

let deployment: Deployment
type Logger = NonNullable<ConvexClientOptions['logger']>

const open: LivePage[] = []
let users = 0
let ada: string
let bea: string

beforeAll(async () => {
  deployment = await startFixture()
})
beforeEach(async () => {
  becomePage()
  users++
  ada = `ada${users}`
  bea = `bea${users}`
  for (const subject of [ada, bea])
    await deployment.mutation(api.tasks.add, { text: `${subject}'s` }, { identity: { subject } })
  deployment.log.length = 0
})
afterEach(async () => {
  for (const page of open.splice(0))
    await page.close()
  vi.unstubAllGlobals()
})
afterAll(() => deployment.close())

function openPage(options: { source?: LiveSource, logger?: Logger } = {}) {
  const { source = new LiveSource({ status: 'signedOut' }), logger = false } = options
  const page = new LivePage(deployment, { tokenSource: source, clientOptions: { authRefreshTokenLeewaySeconds: 10, logger } })
  open.push(page)
  const queries = page.run(() => ({
    tasks: useAuthedQuery(api.tasks.list),
    me: useConvexQuery(api.users.whoami),
    news: useConvexQuery(api.users.whoamiTagged, { tag: 'news' }, { auth: 'public' }),
    add: useConvexMutation(api.tasks.add),
    send: useConvexMutation(api.messages.send),
    wait: useConvexAction(api.jobs.wait),
  }))
  return { source, page, convex: page.convex, ...queries, texts: () => queries.tasks.data.value?.map(({ text }) => text) }
}

function subjectsOf(name: string): (string | null)[] {
  return deployment.log.filter(entry => entry.name === name).map(({ subject }) => subject)
}

/** Expects that no function that requires a user has run anonymously. */
async function expectNothingRequiredAnonymously(): Promise<void> {
  await deployment.settled()
  expect(subjectsOf('tasks:list')).not.toContain(null)
  expect(subjectsOf('tasks:add')).not.toContain(null)
}

describe('createConvex', () => {
  describe('boot', () => {
    it('sends one Authenticate before the queries, and each query once', async () => {
      const source = new LiveSource()
      source.signIn(ada)
      const { texts, me, convex } = openPage({ source })
      await eventually(texts).toEqual([`${ada}'s`])
      await eventually(() => me.data.value?.subject).toBe(ada)
      expect(await convex.auth.ready()).toBe(true)
      await deployment.settled()
      expect(source.requests).toHaveLength(1)
      expect(subjectsOf('tasks:list')).toEqual([ada])
      expect(subjectsOf('users:whoami')).toEqual([ada])
      const { connection } = deployment.log.find(({ name }) => name === 'tasks:list')!
      expect(deployment.log.filter(entry => entry.connection === connection && entry.kind === 'socket').map(({ name }) => name)).toEqual(['open', 'connect', 'authenticate'])
    })
  })

  describe('a socket that drops during the first token request', () => {
    it('runs no query that requires a user before Authenticate', async () => {
      const source = new LiveSource({ status: 'pending', mayBeSignedIn: true })
      const { texts, me } = openPage({ source })
      const sockets = (): number => deployment.log.filter(({ kind, name }) => kind === 'socket' && name === 'open').length
      await eventually(sockets).toBe(2) // the user's, and the anonymous one of public queries
      for (const count of [4, 6]) {
        deployment.disconnectAll()
        await eventually(sockets).toBeGreaterThanOrEqual(count)
      }
      source.lastRequest.settle({ kind: 'token', token: await createToken(ada) })
      await eventually(texts).toEqual([`${ada}'s`])
      await eventually(() => me.data.value?.subject).toBe(ada)
      await expectNothingRequiredAnonymously()
    })
  })

  describe('a sign-in during a reconnect back-off', () => {
    it('runs no query that requires a user anonymously', async () => {
      const { source, texts, news, me } = openPage()
      await eventually(() => news.data.value).toEqual({ tag: 'news', subject: null })
      deployment.disconnectAll()
      await eventually(() => deployment.log.some(({ kind, name }) => kind === 'socket' && name === 'close')).toBe(true)
      source.signIn(ada)
      await eventually(texts).toEqual([`${ada}'s`])
      await eventually(() => me.data.value?.subject).toBe(ada)
      await expectNothingRequiredAnonymously()
    })
  })

  describe('the renewal of a token', () => {
    const time = usePageTime(() => deployment)

    it('happens on the same connection before the token expires, and changes nothing on the page', async () => {
      const source = new LiveSource()
      source.lifetime = LIFETIME_SECONDS
      source.signIn(ada)
      const { texts, convex, tasks } = openPage({ source })
      await eventually(texts).toEqual([`${ada}'s`])
      const ticks = recordTicks(() => [convex.auth.status.value, convex.auth.error.value, texts(), tasks.isStale.value, tasks.status.value])
      const authentications = (): number => deployment.log.filter(({ kind, name, subject }) => kind === 'socket' && name === 'authenticate' && subject === ada).length
      for (const count of [2, 3]) {
        await time.elapse(RENEWAL_MS)
        await eventually(authentications).toBe(count)
      }
      await deployment.settled()
      expect(ticks).toHaveLength(1)
      expect(new Set(deployment.log.filter(({ subject }) => subject === ada).map(({ connection }) => connection)).size).toBe(1)
      await expectNothingRequiredAnonymously()
    })

    it('signs the user out if it is denied, and runs no required query anonymously', async () => {
      const source = new LiveSource()
      source.lifetime = LIFETIME_SECONDS
      source.signIn(ada)
      const { texts, convex, tasks, me } = openPage({ source })
      await eventually(texts).toEqual([`${ada}'s`])
      source.answer = () => ({ kind: 'denied' })
      const ticks = recordTicks(() => [convex.auth.status.value, texts()])
      await time.elapse(RENEWAL_MS)
      await eventually(() => convex.auth.status.value).toBe('unauthenticated')
      expect(ticks.map(tick => JSON.parse(tick))).toEqual([['authenticated', [`${ada}'s`]], ['unauthenticated', null]])
      expect(tasks.status.value).toBe('paused')
      await eventually(() => me.data.value).toBeNull()
      await eventually(() => deployment.connections.map(({ subject }) => subject)).toEqual([null])
      await expectNothingRequiredAnonymously()
    })
  })

  describe('a token that the deployment refuses', () => {
    it('causes the status `refreshing`, keeps the data, and runs no required query anonymously', async () => {
      const source = new LiveSource()
      source.signIn(ada)
      const { texts, convex, tasks } = openPage({ source })
      await eventually(texts).toEqual([`${ada}'s`])
      const ticks = recordTicks(() => [convex.auth.status.value, texts()?.[0], tasks.isStale.value])
      source.answer = async () => ({ kind: 'token', token: await createToken(ada, { now: Date.now() + 3_600_000 }) })
      await deployment.advanceClock(3_600_000)
      deployment.disconnectAll()
      await eventually(() => ticks.length).toBe(3)
      expect(ticks.map(tick => JSON.parse(tick))).toEqual([
        ['authenticated', `${ada}'s`, false],
        ['refreshing', `${ada}'s`, true],
        ['authenticated', `${ada}'s`, false],
      ])
      expect(source.requests).toHaveLength(2)
      expect(source.lastRequest.force).toBe(true)
      await expectNothingRequiredAnonymously()
      await deployment.advanceClock(-3_600_000)
    })

    it.each([
      ['once, with issuer and audience, during development', 'test', 1],
      ['never in a production build', 'production', 0],
    ])('is reported %s', async (_when, environment, count) => {
      vi.stubEnv('NODE_ENV', environment)
      const source = new LiveSource()
      source.signIn(ada)
      const tokens: string[] = []
      source.answer = async () => {
        tokens.push(await createToken(ada, { claims: { iss: 'https://elsewhere.example', aud: 'convex' } }))
        return { kind: 'token', token: tokens.at(-1)! }
      }
      const logger = { log: () => {}, warn: () => {}, error: vi.fn<(...parts: unknown[]) => void>(), logVerbose: () => {} }
      const { convex } = openPage({ source, logger: logger as unknown as Logger })
      await eventually(() => {
        window.dispatchEvent(new (window as any).Event('online'))
        return source.requests.length
      }).toBeGreaterThan(12)
      vi.unstubAllEnvs()
      expect(convex.auth.error.value).toMatchObject({ code: 'TOKEN_REJECTED' })
      const messages = logger.error.mock.calls.map(parts => parts.join(' '))
      const reports = messages.filter(message => message.includes('TOKEN_REJECTED'))
      expect(reports).toHaveLength(count)
      for (const report of reports)
        expect(report).toMatch(/whose issuer is "https:\/\/elsewhere\.example" and whose audience is "convex"\..*`convex\/auth\.config\.ts`/)
      // The message of the Convex client, which the reference of errors quotes.
      expect(messages.join()).toContain('No auth provider found matching the given token')
      expect(tokens.filter(token => messages.join().includes(token))).toEqual([])
    })

    it('causes the status `refreshing` and an error until the deployment accepts a token', async () => {
      const source = new LiveSource()
      source.signIn(ada)
      const good = source.answer
      source.answer = async () => ({ kind: 'token', token: await createToken(ada, { forged: true }) })
      const { convex, tasks, me, texts, add } = openPage({ source })
      /** Causes the next attempt at once, as on a page that wakes up. */
      const wakeAndRead = <T>(read: () => T) => (): T => {
        window.dispatchEvent(new (window as any).Event('online'))
        return read()
      }
      await eventually(wakeAndRead(() => source.requests.length)).toBeGreaterThan(6)
      expect(convex.auth.status.value).toBe('refreshing')
      expect(convex.auth.error.value).toMatchObject({ code: 'TOKEN_REJECTED' })
      expect([tasks.status.value, me.status.value]).toEqual(['pending', 'pending'])
      const addition = add.mutate({ text: 'at last' })
      expect(subjectsOf('tasks:list')).toEqual([])

      source.answer = good
      await eventually(wakeAndRead(() => convex.auth.status.value)).toBe('authenticated')
      await addition
      expect(texts()).toEqual([`${ada}'s`, 'at last'])
      await expectNothingRequiredAnonymously()
      expect(subjectsOf('tasks:add')).toEqual([ada])
      const clients = new Set(deployment.log.filter(({ kind, name }) => kind === 'socket' && name === 'connect').map(({ connection }) => connection))
      expect(clients.size).toBeGreaterThan(2)
    })
  })

  describe('a provider that hangs at boot', () => {
    const time = usePageTime(() => deployment)

    it('runs public queries at once, and optional queries anonymously after two seconds', async () => {
      const source = new LiveSource({ status: 'pending', mayBeSignedIn: true })
      const { news, me, tasks, texts } = openPage({ source })
      await news
      expect([news.data.value?.subject, me.status.value]).toEqual([null, 'pending'])
      await time.elapse(2000)
      await eventually(() => me.status.value).toBe('success')
      expect(me.data.value).toBeNull()
      expect(tasks.status.value).toBe('pending')
      source.lastRequest.settle({ kind: 'token', token: await createToken(ada) })
      await eventually(texts).toEqual([`${ada}'s`])
      await eventually(() => me.data.value?.subject).toBe(ada)
      await expectNothingRequiredAnonymously()
    })
  })

  describe('an identity change', () => {
    it('shows no data of the previous user in any tick, and closes the previous connection', async () => {
      const source = new LiveSource()
      source.signIn(ada)
      const { texts, me, add, convex } = openPage({ source })
      await eventually(texts).toEqual([`${ada}'s`])
      await add.mutate({ text: `${ada}'s second` })
      const ticks = recordTicks(() => [convex.auth.user.value, texts(), me.data.value, add.data.value, add.status.value])
      source.signIn(bea)
      expect(ticks.at(-1)).not.toContain(ada)
      await eventually(texts).toEqual([`${bea}'s`])
      for (const tick of ticks.slice(1))
        expect(tick).not.toContain(ada)
      await eventually(() => deployment.connections.map(({ subject }) => subject).sort()).toEqual([bea, null])
      await expectNothingRequiredAnonymously()
    })

    it('rejects calls in progress with an unknown outcome', async () => {
      const source = new LiveSource()
      source.signIn(ada)
      const { texts, wait } = openPage({ source })
      await eventually(texts).toEqual([`${ada}'s`])
      const outcome = wait.run({ ms: 300 }).then(() => 'ran', error => error)
      source.signIn(bea)
      expect(await outcome).toBeInstanceOf(IdentityChangedError)
      expect(await outcome).toMatchObject({ outcome: 'unknown' })
      expect(wait.status.value).toBe('idle')
    })

    it('never runs an unsent anonymous mutation as the user who signs in', async () => {
      const { source, convex, news, send, texts } = openPage()
      await eventually(() => news.status.value).toBe('success')
      void deployment.disconnectAll()
      // The page notices the end of its connection later than the deployment. Until then, it counts the mutation as sent.
      await eventually(() => convex.client.connectionState().isWebSocketConnected).toBe(false)
      const outcome = send.mutate({ channel: 'guests', body: 'hello' }).then(() => 'ran', error => error)
      source.signIn(ada)
      expect(await outcome).toMatchObject({ outcome: 'notSent' })
      await eventually(texts).toEqual([`${ada}'s`])
      await deployment.settled()
      expect(subjectsOf('messages:send')).toEqual([])
    })

    it('never shows the previous user\'s data to a component that is mounted in the same tick', async () => {
      const source = new LiveSource()
      source.signIn(ada)
      const { page, texts } = openPage({ source })
      await eventually(texts).toEqual([`${ada}'s`])
      source.signIn(bea)
      const late = page.run(() => useAuthedQuery(api.tasks.list))
      const ticks = recordTicks(() => late.data.value)
      await eventually(() => late.data.value?.map(({ text }) => text)).toEqual([`${bea}'s`])
      expect(ticks.join()).not.toContain(ada)
    })
  })

  describe('the same user with another session', () => {
    it('keeps the data and the connection', async () => {
      const source = new LiveSource()
      source.signIn(ada)
      const { texts, convex } = openPage({ source })
      await eventually(texts).toEqual([`${ada}'s`])
      const ticks = recordTicks(() => [convex.auth.status.value, texts()])
      source.signIn(ada, 'another-session')
      await eventually(() => deployment.log.filter(({ kind, name, subject }) => kind === 'socket' && name === 'authenticate' && subject === ada).length).toBe(2)
      await deployment.settled()
      expect(ticks).toHaveLength(1)
      expect(convex.auth.session.value).toEqual({ id: 'another-session' })
    })
  })

  describe('close()', () => {
    it('closes all connections of the deployment', async () => {
      const source = new LiveSource()
      source.signIn(ada)
      const { page, texts } = openPage({ source })
      await eventually(texts).toEqual([`${ada}'s`])
      await page.close()
      await eventually(() => deployment.connections.length).toBe(0)
      expect(source.listenerCount).toBe(0)
    })
  })
})
