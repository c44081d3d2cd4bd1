import type { ScriptedPageOptions } from '../../support/scripted/scripted-page.ts'
import { useConvexAction, useConvexClient, useConvexMutation, useConvexQuery } from 'convue'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { api } from '../../support/scripted/scripted-api.ts'
import { ScriptedPage, setupScriptedPage } from '../../support/scripted/scripted-page.ts'

let page: ScriptedPage
setupScriptedPage()
afterEach(() => {
  vi.restoreAllMocks()
})

function mountCalls(options?: ScriptedPageOptions) {
  page = new ScriptedPage(options)
  page.deployment.latencyMs = 100
  page.deployment.functions.set('messages:send', () => 'id')
  page.deployment.functions.set('values:run', () => 'done')
  page.deployment.functions.set('values:get', () => 1)
  return page.run(() => ({
    send: useConvexMutation(api.messages.send),
    run: useConvexAction(api.values.run),
    query: useConvexQuery(api.values.get),
    client: useConvexClient(),
  })).result
}

/** Whether the browser would warn the user before the page is closed. */
function wouldWarn(): boolean {
  const event = new Event('beforeunload', { cancelable: true })
  dispatchEvent(event)
  return event.defaultPrevented
}

describe('connectToPage', () => {
  describe('the beforeunload listener', () => {
    it('warns only while a mutation or an action is pending', async () => {
      const { send, run } = mountCalls()
      await page.tick(500)
      expect(wouldWarn()).toBe(false)
      void send.mutate({ channel: 'a', body: 'b' })
      expect(wouldWarn()).toBe(true)
      await page.tick(500)
      expect(wouldWarn()).toBe(false)
      void run.run({})
      expect(wouldWarn()).toBe(true)
      await page.tick(500)
      expect(wouldWarn()).toBe(false)
    })

    it('warns while a mutation waits until the identity is known', async () => {
      const { send } = mountCalls({ user: 'silent' })
      const failure = send.mutate({ channel: 'a', body: 'b' }).catch(error => error)
      await page.tick(500)
      expect(wouldWarn()).toBe(true)
      page.source.report({ status: 'signedOut' })
      await page.tick(500)
      expect(await failure).toBe('id')
      expect(wouldWarn()).toBe(false)
    })

    it('warns while a mutation waits for the connection, but not while only a query waits', async () => {
      const { send, client } = mountCalls({ user: 'ada' })
      await page.tick(500)
      page.deployment.isReachable = false
      page.deployment.drop()
      const answer = client.query(api.values.get)
      expect(wouldWarn()).toBe(false)
      const sent = send.mutate({ channel: 'a', body: 'b' })
      await page.tick(3000)
      expect(wouldWarn()).toBe(true)
      page.deployment.isReachable = true
      await page.tick(60_000)
      expect(await Promise.all([answer, sent])).toEqual([1, 'id'])
      expect(wouldWarn()).toBe(false)
    })

    it('does not warn after the mutation has failed', async () => {
      const { send } = mountCalls()
      page.deployment.functions.delete('messages:send')
      const failure = send.mutate({ channel: 'a', body: 'b' }).catch(error => error)
      await page.tick(500)
      expect((await failure).message).toContain('Could not find')
      expect(wouldWarn()).toBe(false)
    })

    it('does not warn because of a call that was pending when its user signed out', async () => {
      const { send } = mountCalls({ user: 'ada' })
      await page.tick(500)
      const failure = send.mutate({ channel: 'a', body: 'b' }).catch(error => error)
      expect(wouldWarn()).toBe(true)
      page.source.report({ status: 'signedOut' })
      expect(wouldWarn()).toBe(false)
      expect(await failure).toMatchObject({ code: 'IDENTITY_CHANGED' })
    })

    it('warns only while a call is pending, even if `unsavedChangesWarning` is true', async () => {
      const { send } = mountCalls({ clientOptions: { unsavedChangesWarning: true } })
      expect(wouldWarn()).toBe(false)
      void send.mutate({ channel: 'a', body: 'b' })
      expect(wouldWarn()).toBe(true)
      await page.tick(500)
      expect(wouldWarn()).toBe(false)
    })

    it('never warns if `unsavedChangesWarning` is false', async () => {
      const { send } = mountCalls({ clientOptions: { unsavedChangesWarning: false } })
      void send.mutate({ channel: 'a', body: 'b' })
      expect(wouldWarn()).toBe(false)
      await page.tick(500)
    })

    it('is added once, even if the client changes, and no longer warns after close()', async () => {
      const added = vi.spyOn(window, 'addEventListener')
      const warnings = (): number => added.mock.calls.filter(([type]) => type === 'beforeunload').length
      const { send } = mountCalls()
      await page.tick(500)
      page.source.signIn('ada')
      await page.tick(500)
      page.source.report({ status: 'signedOut' })
      await page.tick(500)
      expect(page.deployment.sockets).toHaveLength(3)
      expect(warnings()).toBe(1)
      const failure = send.mutate({ channel: 'a', body: 'b' }).catch(error => error)
      void page.convex.close()
      expect(wouldWarn()).toBe(false)
      expect(await failure).toMatchObject({ code: 'CLOSED' })
    })
  })

  describe('a visibilitychange, pageshow or online event', () => {
    const events: [string, () => void][] = [
      ['it becomes visible', () => document.dispatchEvent(new Event('visibilitychange'))],
      ['the browser shows it', () => dispatchEvent(Object.assign(new Event('pageshow'), { persisted: false }))],
      ['the browser restores it from the back/forward cache', () => dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }))],
      ['it is online', () => dispatchEvent(new Event('online'))],
    ]

    /** Loses the connection until the back-off of the Convex client is at its longest. */
    async function loseConnection(): Promise<void> {
      vi.spyOn(Math, 'random').mockReturnValue(0.5)
      page.deployment.isReachable = false
      page.deployment.drop()
      await page.tick(120_000)
      const attempts = page.deployment.sockets.length
      page.deployment.isReachable = true
      await page.tick(1000)
      // The next attempt of the Convex client itself is seconds away.
      expect(page.deployment.sockets).toHaveLength(attempts)
    }

    it.each(['ada', null])('causes a reconnection at once if the connection was lost (user: %s)', async (user) => {
      const { query } = mountCalls({ user })
      await page.tick(500)
      for (const [value, [name, happen]] of events.entries()) {
        await loseConnection()
        page.deployment.functions.set('values:get', () => value)
        happen()
        await page.tick(350)
        expect(query.data.value, name).toBe(value)
        await page.tick(500)
      }
    })

    it('causes no reconnection if the connection is open or the page is hidden', async () => {
      mountCalls({ user: 'ada' })
      await page.tick(500)
      const attempts = page.deployment.sockets.length
      for (const [, happen] of events)
        happen()
      await page.tick(500)
      expect(page.deployment.sockets).toHaveLength(attempts)
      await loseConnection()
      const lost = page.deployment.sockets.length
      vi.spyOn(document, 'hidden', 'get').mockReturnValue(true)
      document.dispatchEvent(new Event('visibilitychange'))
      await page.tick(100)
      expect(page.deployment.sockets).toHaveLength(lost)
      vi.restoreAllMocks()
    })
  })

  describe('the listeners', () => {
    it('are removed by close()', async () => {
      const present = new Set<unknown>()
      for (const target of [window, document]) {
        const { addEventListener, removeEventListener } = target
        vi.spyOn(target, 'addEventListener').mockImplementation((type: any, listener: any, options: any) => {
          present.add(listener)
          options?.signal?.addEventListener('abort', () => present.delete(listener))
          addEventListener.call(target, type, listener, options)
        })
        vi.spyOn(target, 'removeEventListener').mockImplementation((type: any, listener: any) => {
          present.delete(listener)
          removeEventListener.call(target, type, listener)
        })
      }
      mountCalls({ user: 'ada' })
      await page.tick(500)
      expect(present.size).toBeGreaterThanOrEqual(3)
      void page.convex.close()
      await page.tick()
      expect(present.size).toBe(0)
    })
  })
})
