import type { UsePresenceOptions, UsePresenceReturn } from 'convue'
import type { MaybeRefOrGetter } from 'vue'
import { makeFunctionReference } from 'convex/server'
import { usePresence } from 'convue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h, KeepAlive, nextTick, shallowRef } from 'vue'
import { ScriptedPage, setupScriptedPage } from '../../../support/scripted/scripted-page.ts'

interface User { userId: string, online: boolean, lastDisconnected: number }
interface Tokens { roomToken: string, sessionToken: string }

const presence = {
  heartbeat: makeFunctionReference<'mutation', { roomId: string, userId: string, sessionId: string, interval: number }, Tokens>('presence:heartbeat'),
  list: makeFunctionReference<'query', { roomToken: string }, User[]>('presence:list'),
  disconnect: makeFunctionReference<'mutation', { sessionToken: string }, null>('presence:disconnect'),
}

let page: ScriptedPage
let beacons: { url: string, body: any }[]
// Registered before the hooks of the page, so that it runs when the page is closed.
afterEach(() => {
  vi.unstubAllGlobals()
  setVisibility('visible')
})
setupScriptedPage()
beforeEach(() => {
  beacons = []
  const sendBeacon = (url: string, body: Blob): boolean => {
    const beacon = { url, body: undefined as any }
    beacons.push(beacon)
    void body.text().then(text => beacon.body = JSON.parse(text))
    return true
  }
  vi.stubGlobal('navigator', Object.assign(Object.create(navigator), { sendBeacon }))
})

/** A page of a user. A session token is the id of its session; a room token contains the id of its room. */
async function openPage(user: string | null = 'ada'): Promise<void> {
  page = new ScriptedPage({ user })
  page.deployment.isPinging = true
  page.deployment.functions.set('presence:heartbeat', ({ roomId, sessionId }) => ({ roomToken: `token of ${roomId}`, sessionToken: sessionId }))
  page.deployment.functions.set('presence:list', ({ roomToken }) => [
    { userId: 'grace', online: true, lastDisconnected: 0 },
    { userId: 'ada', online: roomToken !== 'token of empty', lastDisconnected: 0 },
  ])
  await page.tick(500)
}

function visit(room: MaybeRefOrGetter<string | null> = 'lobby', options?: UsePresenceOptions): UsePresenceReturn<typeof presence> & { stop: () => void } {
  const { result, stop } = page.run(() => usePresence(presence, room, options))
  return { ...result, stop }
}

interface Beat { roomId: string, userId: string, sessionId: string, interval: number, subject: string | null }
const beats = (): Beat[] => page.deployment.executions.filter(({ name }) => name === 'presence:heartbeat').map(({ args, subject }) => ({ ...args, subject }) as Beat)
const endedSessions = (): string[] => beacons.map(({ body }) => body?.args.sessionToken)

/** Advances the clock until the condition is true. The back-off of a connection is random. */
async function until(condition: () => boolean): Promise<void> {
  for (let step = 0; step < 10_000 && !condition(); step++)
    await page.tick(100)
  expect(condition()).toBe(true)
}

function setVisibility(state: 'visible' | 'hidden'): void {
  Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state })
  Object.defineProperty(document, 'hidden', { configurable: true, get: () => state === 'hidden' })
  document.dispatchEvent(new Event('visibilitychange'))
}

describe('usePresence', () => {
  describe('heartbeats', () => {
    it('are sent as the user at once and then in the interval, in one session', async () => {
      await openPage()
      visit('lobby', { intervalMs: 5000 })
      await until(() => beats().length === 1)
      expect(beats()[0]).toMatchObject({ roomId: 'lobby', userId: 'ada', interval: 5000, subject: 'ada' })
      const start = Date.now()
      await until(() => beats().length === 3)
      expect(Math.round((Date.now() - start) / 5000)).toBe(2)
      expect(new Set(beats().map(({ sessionId }) => sessionId)).size).toBe(1)
    })

    it('are sent under the id that the app passes, also by an anonymous user', async () => {
      await openPage(null)
      const userId = shallowRef<string | null>(null)
      visit('lobby', { userId })
      await page.tick(30_000)
      expect(beats()).toEqual([])
      userId.value = 'guest 7'
      await until(() => beats().length === 1)
      expect(beats()[0]).toMatchObject({ userId: 'guest 7', subject: null })
    })

    it('are not sent while no user is signed in or the room is missing', async () => {
      await openPage(null)
      const room = shallowRef<string | null>('lobby')
      visit(room)
      await page.tick(30_000)
      page.source.answer = () => ({ kind: 'failed', error: new Error('no token yet') })
      room.value = null
      page.source.signIn('ada')
      await page.tick(30_000)
      expect(beats()).toEqual([])
    })

    it('are retried after an error, which is shown until then', async () => {
      await openPage()
      const heartbeat = page.deployment.functions.get('presence:heartbeat')!
      page.deployment.functions.set('presence:heartbeat', () => {
        throw new Error('refused')
      })
      const { error, users } = visit()
      await until(() => !!error.value)
      expect(error.value!.message).toContain('refused')
      page.deployment.functions.set('presence:heartbeat', heartbeat)
      await until(() => !!users.value)
      expect(error.value).toBeUndefined()
    })
  })

  describe('the list of users', () => {
    it('begins with this user, is live, and changes with the room', async () => {
      await openPage()
      const room = shallowRef('lobby')
      const { users } = visit(room)
      expect(users.value).toBeUndefined()
      await until(() => !!users.value)
      expect(users.value!.map(({ userId, online }) => [userId, online])).toEqual([['ada', true], ['grace', true]])

      room.value = 'empty'
      expect(users.value).toBeUndefined()
      await until(() => !!users.value)
      expect(users.value!.map(({ userId, online }) => [userId, online])).toEqual([['ada', false], ['grace', true]])
      expect(beats().map(({ roomId }) => roomId)).toEqual(['lobby', 'empty'])
      expect(endedSessions()).toEqual([beats()[0]!.sessionId])
    })
  })

  describe('the end of a visit', () => {
    it('is sent when the scope ends, to the deployment and without an identity', async () => {
      await openPage()
      const { stop, users } = visit()
      await until(() => !!users.value)
      stop()
      await page.tick(60_000)
      expect(beacons).toEqual([{
        url: `${page.deployment.url}/api/mutation`,
        body: { path: 'presence:disconnect', args: { sessionToken: beats()[0]!.sessionId }, format: 'json' },
      }])
      expect(beats()).toHaveLength(1)
    })

    it('is sent when the page is hidden, and another session begins when it is visible', async () => {
      await openPage()
      const { users } = visit()
      await until(() => !!users.value)
      setVisibility('hidden')
      await page.tick(60_000)
      expect(beats()).toHaveLength(1)
      expect(endedSessions()).toEqual([beats()[0]!.sessionId])
      expect(users.value).toBeDefined()
      setVisibility('visible')
      await until(() => beats().length === 2)
      expect(beats()[1]!.sessionId).not.toBe(beats()[0]!.sessionId)
    })

    it('is sent when the page is closed, and a page from the cache of the browser visits again', async () => {
      await openPage()
      const { users } = visit()
      await until(() => !!users.value)
      window.dispatchEvent(new Event('pagehide'))
      expect(beacons).toHaveLength(1)
      window.dispatchEvent(new Event('pageshow'))
      await until(() => beats().length === 2)
    })

    it('is sent in the tick of an identity change, and the next user has another session', async () => {
      await openPage()
      const { users } = visit()
      await until(() => !!users.value)
      page.source.signIn('bob')
      expect(beacons).toHaveLength(1)
      expect(users.value).toBeUndefined()
      await until(() => beats().length === 2)
      expect(endedSessions()).toEqual([beats()[0]!.sessionId])
      expect(beats().map(({ userId, subject }) => [userId, subject])).toEqual([['ada', 'ada'], ['bob', 'bob']])
      expect(beats()[1]!.sessionId).not.toBe(beats()[0]!.sessionId)
    })

    it('is sent at an identity change even if the app lists both users under the same id', async () => {
      await openPage()
      const { users } = visit('lobby', { userId: 'this screen' })
      await until(() => !!users.value)
      page.source.signIn('bob')
      expect(beacons).toHaveLength(1)
      await until(() => beats().length === 2)
      expect(beats().map(({ subject }) => subject)).toEqual(['ada', 'bob'])
      expect(beats()[1]!.sessionId).not.toBe(beats()[0]!.sessionId)
    })

    it('is sent after a heartbeat that is answered late', async () => {
      await openPage()
      page.deployment.isHolding = true
      const { stop } = visit()
      await until(() => beats().length === 1)
      stop()
      expect(beacons).toEqual([])
      page.deployment.flush()
      await until(() => endedSessions().length === 1)
      expect(beats()).toHaveLength(1)
    })

    it('is sent when a KeepAlive deactivates the component', async () => {
      await openPage()
      const isShown = shallowRef(true)
      const Room = defineComponent(() => {
        const { users } = usePresence(presence, 'lobby')
        return () => h('p', users.value?.length)
      })
      page.mount(defineComponent(() => () => h(KeepAlive, () => isShown.value ? h(Room) : null)))
      await until(() => beats().length === 1)
      await page.tick(100)
      isShown.value = false
      await nextTick()
      expect(beacons).toHaveLength(1)
      isShown.value = true
      await until(() => beats().length === 2)
    })
  })

  describe('a page that is offline', () => {
    it('collects no heartbeats, and sends one when it is online again', async () => {
      await openPage()
      const { users } = visit()
      await until(() => !!users.value)
      const before = beats().length
      page.deployment.isReachable = false
      page.deployment.drop()
      await page.tick(120_000)
      expect(beats()).toHaveLength(before)
      // Convue warns of unsaved changes while a call is waiting. A heartbeat is not a change.
      const leaving = new Event('beforeunload', { cancelable: true })
      window.dispatchEvent(leaving)
      expect(leaving.defaultPrevented).toBe(false)

      page.deployment.isReachable = true
      page.takeFrames()
      await until(() => beats().length > before)
      // The next heartbeat follows after a whole interval of ten seconds.
      await page.tick(9500)
      expect(page.takeFrames().filter(frame => frame.includes('heartbeat'))).toHaveLength(1)
      await page.tick(1000)
      expect(page.takeFrames().filter(frame => frame.includes('heartbeat'))).toHaveLength(1)
    })

    it('has at most one pending heartbeat while the deployment does not answer', async () => {
      await openPage()
      page.deployment.isHolding = true
      visit()
      await page.tick(100_000)
      // The client repeats a mutation on each connection. The id of the request remains the same.
      const requests = page.deployment.frames.filter(({ udfPath }) => udfPath === 'presence:heartbeat').map(({ requestId }) => requestId)
      expect(new Set(requests).size).toBe(1)
      page.deployment.flush()
      await until(() => beats().length === 2)
    })
  })
})
