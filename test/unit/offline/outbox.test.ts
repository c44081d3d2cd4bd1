import { IdentityChangedError, useConvexMutation } from 'convue'
import { useConvexOutbox } from 'convue/offline'
import { describe, expect, it, vi } from 'vitest'
import { notes, openBrowser } from '../../support/scripted/outbox-page.ts'
import { ScriptedPage, setupScriptedPage } from '../../support/scripted/scripted-page.ts'

setupScriptedPage()

describe('indexedDbOutbox', () => {
  describe('an offline mutation', () => {
    it('is stored, runs, and is removed from the list before `mutate` resolves', async () => {
      const browser = openBrowser()
      const page = browser.open()
      const added = page.add('milk')
      expect(page.parts.add.status.value).toBe('pending')
      await page.until(() => !page.parts.add.isPending.value)
      expect(page.calls).toEqual([])
      expect(await added).toBe('saved milk')
      expect(browser.rows).toEqual(['ada:milk'])
      expect(page.parts.add.status.value).toBe('success')
      await page.until(() => browser.locks.held.length === 0)
    })

    it('survives a reload, and then runs in order, as its user, with the same keys', async () => {
      const browser = openBrowser()
      const first = browser.open({ isReachable: false })
      for (const text of ['milk', 'eggs', 'tea'])
        first.add(text)
      await first.until(() => first.calls.length === 3)
      expect(first.calls).toEqual(['milk waiting', 'eggs waiting', 'tea waiting'])
      const listed = first.parts.outbox.calls.value
      first.kill()

      const second = browser.open({ isReachable: false })
      await second.until(() => second.calls.length === 3)
      expect(second.parts.outbox.calls.value.map(({ id, args, createdAt }) => ({ id, args, createdAt })))
        .toEqual(listed.map(({ id, args, createdAt }) => ({ id, args, createdAt })))
      second.deployment.isReachable = true
      dispatchEvent(new Event('online'))
      await second.settle()
      expect(browser.rows).toEqual(['ada:milk', 'ada:eggs', 'ada:tea'])
      expect(second.calls).toEqual([])

      const third = browser.open()
      await third.tick(500)
      expect(third.calls).toEqual([])
      expect(browser.keys).toHaveLength(3)
    })

    it('is sent again with the same key if the page ends before the result arrives', async () => {
      const browser = openBrowser()
      const first = browser.open()
      first.deployment.isHolding = true
      first.add('milk')
      first.add('eggs')
      await first.until(() => browser.rows.length === 2)
      first.kill()
      const second = browser.open()
      await second.until(() => browser.keys.length === 4)
      await second.settle()
      expect(browser.rows).toEqual(['ada:milk', 'ada:eggs'])
      expect(browser.keys.slice(2)).toEqual(browser.keys.slice(0, 2))
    })

    it('is sent again, before later calls, after a fatal error of the connection', async () => {
      const browser = openBrowser()
      const page = browser.open()
      page.deployment.isHolding = true
      const results = ['milk', 'eggs'].map(text => page.add(text))
      await page.until(() => browser.rows.length === 2)
      page.deployment.isHolding = false
      page.deployment.sockets.at(-1)!.failFatally()
      void page.add('tea')
      await page.until(() => page.calls.length === 3)
      await page.until(() => browser.keys.length === 5)
      await page.settle()
      expect(await Promise.all(results)).toEqual(['saved milk', 'saved eggs'])
      expect(browser.rows).toEqual(['ada:milk', 'ada:eggs', 'ada:tea'])
      expect(browser.keys.map(key => key.split(' ')[1])).toEqual(['milk', 'eggs', 'milk', 'eggs', 'tea'])
    })

    it('runs once, and leaves no stored call, if it is made before the identity is known', async () => {
      const browser = openBrowser()
      const page = browser.open({ user: 'silent' })
      const added = page.add('milk')
      await page.tick(100)
      expect(page.calls).toEqual([])
      expect(page.parts.add.isQueued.value).toBe(true)
      page.source.signIn('ada')
      await page.until(() => browser.rows.length > 0)
      await page.settle()
      expect(await added).toBe('saved milk')
      expect(browser.rows).toEqual(['ada:milk'])
    })

    it('shows its optimistic update while it waits, with the arguments of the app', async () => {
      const browser = openBrowser()
      const page = browser.open()
      await page.until(() => page.parts.list.data.value !== undefined)
      page.deployment.isReachable = false
      page.deployment.drop()
      page.add('milk')
      page.add('eggs')
      await page.until(() => page.calls.length === 2)
      await page.until(() => page.parts.list.data.value?.length === 2)
      expect(page.parts.list.data.value).toEqual(['…:milk', '…:eggs'])
      expect(page.optimisticArgs[0]).toEqual({ text: 'milk' })
      expect(page.parts.add.isQueued.value).toBe(true)
      page.deployment.isReachable = true
      dispatchEvent(new Event('online'))
      await page.settle()
      expect(page.parts.list.data.value).toEqual(['ada:milk', 'ada:eggs'])
    })

    it('causes no warning about unsaved changes once it is stored', async () => {
      const browser = openBrowser()
      const page = browser.open({ isReachable: false })
      page.add('milk')
      const warns = (): boolean => !dispatchEvent(new Event('beforeunload', { cancelable: true }))
      expect(warns()).toBe(true)
      await page.until(() => page.calls.length === 1)
      await page.until(() => !warns())
    })
  })

  describe('a failed call', () => {
    it('is listed with its error, does not block later calls, and rejects `mutate`', async () => {
      const browser = openBrowser()
      const page = browser.open()
      const refused = page.add('!milk')
      page.add('eggs')
      await page.until(() => browser.rows.length > 0)
      await page.settle()
      await expect(refused).rejects.toThrow('refused !milk')
      expect(page.calls).toEqual(['!milk failed'])
      expect(page.parts.outbox.calls.value[0]!.error!.message).toContain('refused !milk')
      expect(browser.rows).toEqual(['ada:eggs'])
    })

    it('does not run again before `retry`, even after a reload', async () => {
      const browser = openBrowser()
      const first = browser.open()
      first.add('!milk')
      await first.until(() => first.calls.includes('!milk failed'))
      await first.tick(100)
      first.kill()
      const page = browser.open()
      await page.until(() => page.calls.length === 1)
      await page.tick(500)
      expect(page.calls).toEqual(['!milk failed'])
      expect(browser.keys).toHaveLength(1)

      page.deployment.functions.set('notes:add', ({ offlineKey }) => {
        browser.rows.push(offlineKey)
        return 'saved'
      })
      const id = page.idOf('!milk')
      const retried = page.parts.outbox.retry(id)
      await page.until(() => page.calls.length === 0)
      expect(await retried).toBe(true)
      expect(browser.keys[0]).toBe(`${browser.rows[0]} !milk`)
      expect(await page.parts.outbox.retry(id)).toBe(false)
    })

    it('can be discarded', async () => {
      const browser = openBrowser()
      const page = browser.open()
      page.add('!milk')
      await page.until(() => page.calls.includes('!milk failed'))
      expect(await page.parts.outbox.discard(page.idOf('!milk'))).toBe(true)
      await page.tick(100)
      expect(page.calls).toEqual([])
      page.kill()
      const next = browser.open()
      await next.tick(500)
      expect(next.calls).toEqual([])
    })
  })

  describe('discard', () => {
    it('removes a waiting call: it never runs, and its optimistic update ends', async () => {
      const browser = openBrowser()
      const page = browser.open()
      await page.until(() => page.parts.list.data.value !== undefined)
      page.deployment.isReachable = false
      page.deployment.drop()
      const discarded = page.add('milk')
      page.add('eggs')
      await page.until(() => page.parts.list.data.value?.length === 2)
      expect(await page.parts.outbox.discard(page.idOf('milk'))).toBe(true)
      await expect(discarded).rejects.toMatchObject({ code: 'OUTBOX_DISCARDED' })
      expect(page.calls).toEqual(['eggs waiting'])
      expect(page.parts.list.data.value).toEqual(['…:eggs'])
      page.deployment.isReachable = true
      dispatchEvent(new Event('online'))
      await page.settle()
      expect(browser.rows).toEqual(['ada:eggs'])
      expect(browser.keys).toHaveLength(1)
    })

    it('does not remove a call that was sent, and resolves with false', async () => {
      const browser = openBrowser()
      const page = browser.open()
      page.deployment.isHolding = true
      const added = page.add('milk')
      await page.until(() => browser.rows.length === 1)
      expect(page.calls).toEqual(['milk sending'])
      expect(await page.parts.outbox.discard(page.idOf('milk'))).toBe(false)
      page.deployment.flush()
      await page.settle()
      expect(await added).toBe('saved milk')
    })

    it('removes all waiting calls with `clear`', async () => {
      const browser = openBrowser()
      const page = browser.open({ isReachable: false })
      page.add('milk')
      page.add('eggs')
      await page.until(() => page.calls.length === 2)
      await page.until(() => browser.locks.held.length === 1)
      const cleared = page.parts.outbox.clear()
      await page.until(() => page.calls.length === 0)
      expect(await cleared).toBe(2)
    })
  })

  describe('identity change', () => {
    it('keeps the calls of the previous user, and does not run them as the next user', async () => {
      const browser = openBrowser()
      const page = browser.open({ isReachable: false })
      const pending = page.add('milk')
      await page.until(() => page.calls.length === 1)
      page.deployment.isReachable = true
      page.source.signIn('bob')
      expect(page.calls).toEqual([])
      const error = await pending.catch(error => error)
      expect(error).toBeInstanceOf(IdentityChangedError)
      expect(error.outcome).toBe('unknown')
      await page.until(() => page.convex.auth.status.value === 'authenticated')
      page.add('tea')
      await page.until(() => browser.rows.length === 1)
      await page.settle()
      expect(browser.rows).toEqual(['bob:tea'])
      page.source.report({ status: 'signedOut' })
      await page.tick(500)
      expect(page.calls).toEqual([])

      page.source.signIn('ada', 'another-session')
      await page.until(() => browser.rows.length === 2)
      await page.settle()
      expect(browser.rows).toEqual(['bob:tea', 'ada:milk'])
    })

    it('does not send a call that was stored for the previous user while the queue opens', async () => {
      const browser = openBrowser()
      const page = browser.open()
      // In one tick: neither the hash nor the storage have answered.
      page.add('milk')
      page.source.signIn('bob')
      await page.until(() => page.convex.auth.status.value === 'authenticated')
      await page.tick(500)
      expect(browser.rows.filter(row => row !== 'ada:milk')).toEqual([])
    })

    it('removes the calls with `onSignOut: \'clear\'`', async () => {
      const browser = openBrowser()
      const page = browser.open({ isReachable: false, storage: { onSignOut: 'clear' } })
      page.add('milk')
      await page.until(() => page.calls.length === 1)
      page.source.report({ status: 'signedOut' })
      await page.tick(500)
      page.deployment.isReachable = true
      page.source.signIn('ada', 'another-session')
      await page.until(() => page.convex.auth.status.value === 'authenticated')
      await page.until(() => page.parts.list.data.value !== undefined)
      await page.tick(500)
      expect(page.calls).toEqual([])
      expect(browser.rows).toEqual([])
    })

    it('rejects the calls of an anonymous user, without sending them', async () => {
      const browser = openBrowser()
      const page = browser.open({ user: null })
      const refused = page.add('milk')
      await page.tick(500)
      await expect(refused).rejects.toMatchObject({ code: 'OUTBOX_ANONYMOUS' })
      expect(browser.keys).toEqual([])
    })
  })

  describe('several tabs', () => {
    it('send from one tab, in the order of the calls of all tabs', async () => {
      const browser = openBrowser()
      const [first, second] = [browser.open(), browser.open()]
      first.deployment.isReachable = false
      second.deployment.isReachable = false
      first.deployment.drop()
      second.deployment.drop()
      first.add('milk')
      await first.until(() => first.calls.length === 1)
      const fromSecond = second.add('eggs')
      await second.until(() => second.calls.length === 2)
      first.add('tea')
      await second.until(() => second.calls.length === 3)
      expect(second.calls).toEqual(['milk waiting', 'eggs waiting', 'tea waiting'])
      // The second tab alone is online, but the first tab is the one that sends.
      second.deployment.isReachable = true
      await second.tick(30_000)
      expect(browser.rows).toEqual([])
      first.deployment.isReachable = true
      await first.tick(30_000)
      await second.settle()
      expect(browser.rows).toEqual(['ada:milk', 'ada:eggs', 'ada:tea'])
      expect(browser.keys).toHaveLength(3)
      expect(await fromSecond).toBe('saved eggs')
      expect(first.calls).toEqual([])
    })

    it('continue in another tab when the tab that sends is closed', async () => {
      const browser = openBrowser()
      const [first, second] = [browser.open(), browser.open()]
      first.deployment.isHolding = true
      first.add('milk')
      await first.until(() => browser.rows.length === 1)
      await second.until(() => second.calls[0] === 'milk sending')
      const fromSecond = second.add('eggs')
      await second.until(() => browser.rows.length === 2)
      first.kill()
      await second.settle()
      expect(await fromSecond).toBe('saved eggs')
      expect(browser.rows).toEqual(['ada:milk', 'ada:eggs'])
      expect(browser.keys.map(key => key.split(' ')[1])).toEqual(['milk', 'eggs', 'milk', 'eggs'])
    })

    it('discard a call in the tab that sends, unless that tab has sent the call', async () => {
      const browser = openBrowser()
      const [first, second] = [browser.open({ isReachable: false }), browser.open({ isReachable: false })]
      const discarded = first.add('milk')
      first.add('eggs')
      await second.until(() => second.calls.length === 2)
      await first.until(() => browser.locks.held.length === 1)
      const answer = second.parts.outbox.discard(second.idOf('milk'))
      await second.until(() => first.calls.length === 1)
      expect(await answer).toBe(true)
      await expect(discarded).rejects.toMatchObject({ code: 'OUTBOX_DISCARDED' })
      expect(second.calls).toEqual(['eggs waiting'])

      first.deployment.isHolding = true
      first.deployment.isReachable = true
      await first.tick(30_000)
      expect(browser.rows).toEqual(['ada:eggs'])
      expect(second.calls).toEqual(['eggs sending'])
      const late = second.parts.outbox.discard(second.idOf('eggs'))
      await second.tick(100)
      expect(await late).toBe(false)
      first.deployment.flush()
      await first.settle()
    })
  })

  describe('a browser that cannot store', () => {
    it('rejects the call with the cause, and does not send it', async () => {
      const browser = openBrowser()
      const blocked = new Error('blocked')
      vi.stubGlobal('indexedDB', {
        open() {
          throw blocked
        },
      })
      const page = browser.open()
      const refused = page.add('milk')
      await page.until(() => page.parts.add.status.value === 'error')
      await expect(refused).rejects.toMatchObject({ code: 'OUTBOX_UNAVAILABLE', cause: blocked })
      expect(page.parts.outbox.error.value).toMatchObject({ code: 'OUTBOX_UNAVAILABLE' })
      expect(browser.keys).toEqual([])
    })

    it('stores the next call if the storage can be opened again', async () => {
      const browser = openBrowser()
      const storage = indexedDB
      vi.stubGlobal('indexedDB', undefined)
      const page = browser.open()
      await page.until(() => page.parts.outbox.error.value !== undefined)
      vi.stubGlobal('indexedDB', storage)
      page.add('milk')
      await page.until(() => browser.rows.length === 1)
      await page.settle()
      expect(page.parts.outbox.error.value).toBeUndefined()
    })
  })
})

describe('a plugin without an outbox', () => {
  it('rejects an offline mutation, and throws OUTBOX_MISSING in useConvexOutbox', async () => {
    const page = new ScriptedPage({ user: 'ada' })
    const { mutate } = page.run(() => useConvexMutation(notes.add, { offline: true })).result
    await expect(mutate({ text: 'milk' })).rejects.toMatchObject({ code: 'OUTBOX_MISSING' })
    expect(() => page.run(() => useConvexOutbox())).toThrow('OUTBOX_MISSING')
  })
})
