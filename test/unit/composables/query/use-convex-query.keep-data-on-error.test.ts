import type { QueryArgs, UseConvexQueryOptions } from 'convue'
import type { Ref } from 'vue'
import type { ScriptedPageOptions } from '../../../support/scripted/scripted-page.ts'
import { useConvexQuery } from 'convue'
import { describe, expect, it, vi } from 'vitest'
import { shallowRef } from 'vue'
import { recordTicks } from '../../../support/scripted/identity.ts'
import { api } from '../../../support/scripted/scripted-api.ts'
import { ScriptedPage, setupScriptedPage } from '../../../support/scripted/scripted-page.ts'

type Args = QueryArgs<typeof api.messages.count>

let page: ScriptedPage
let revoked: string[]
setupScriptedPage()

/** A query that fails in revoked channels, and every state that a synchronous watcher saw. */
function mountCount(options: Partial<UseConvexQueryOptions>, args: Args | Ref<Args> = { channel: 'a' }, pageOptions: ScriptedPageOptions = {}) {
  page = new ScriptedPage(pageOptions)
  page.deployment.latencyMs = 50
  revoked = []
  page.deployment.functions.set('messages:count', ({ channel }, subject) => {
    if (revoked.includes(channel))
      throw new Error('revoked')
    return `${channel}${subject ? ` of ${subject}` : ''}` as any
  })
  return page.run(() => {
    const query = useConvexQuery(api.messages.count, args, options as any)
    const ticks = recordTicks(() => `${query.data.value} ${query.status.value}${query.isStale.value ? ' stale' : ''}${query.error.value ? ' error' : ''}`)
    return { query, ticks: () => ticks.map(text => JSON.parse(text) as string) }
  }).result
}

async function revoke(...channels: string[]): Promise<void> {
  revoked = channels
  page.deployment.invalidate()
  await page.tick(500)
}

describe('useConvexQuery', () => {
  describe('a permission that is revoked', () => {
    it('removes the data and sets `error`', async () => {
      const { query, ticks } = mountCount({})
      await page.tick(500)
      await revoke('a')
      expect(ticks()).toEqual(['undefined pending', 'a success', 'undefined error error'])
      expect(query.error.value!.message).toContain('revoked')
    })

    it('removes the data, even with keepPreviousData', async () => {
      const { ticks } = mountCount({ keepPreviousData: true })
      await page.tick(500)
      await revoke('a')
      await revoke()
      expect(ticks()).toEqual(['undefined pending', 'a success', 'undefined error error', 'a success'])
    })

    it('removes initial data', async () => {
      const { ticks } = mountCount({ initialData: 'initial' })
      revoked = ['a']
      await page.tick(500)
      expect(ticks()).toEqual(['initial success stale', 'undefined error error'])
    })
  })

  describe('keepDataOnError', () => {
    it('keeps the data as stale until the query has a result again', async () => {
      const { query, ticks } = mountCount({ keepDataOnError: true })
      await page.tick(500)
      await revoke('a')
      expect(query.error.value!.message).toContain('revoked')
      await revoke()
      expect(ticks()).toEqual(['undefined pending', 'a success', 'a error stale error', 'a success'])
    })

    it('has no data if the first outcome is an error', async () => {
      const { ticks } = mountCount({ keepDataOnError: true })
      revoked = ['a']
      await page.tick(500)
      expect(ticks()).toEqual(['undefined pending', 'undefined error error'])
    })

    it('keeps the data of `transform` without running it again', async () => {
      const transform = vi.fn((value: string) => `${value}!`)
      const { ticks } = mountCount({ keepDataOnError: true, transform })
      await page.tick(500)
      await revoke('a')
      expect(ticks()).toEqual(['undefined pending', 'a! success', 'a! error stale error'])
      expect(transform).toHaveBeenCalledTimes(1)
    })

    it.each([{}, { keepPreviousData: true }])('does not keep the data of the previous arguments (options: %o)', async (options) => {
      const args = shallowRef<Args>({ channel: 'a' })
      const { query, ticks } = mountCount({ keepDataOnError: true, ...options }, args)
      await page.tick(500)
      revoked = ['b']
      args.value = { channel: 'b' }
      await page.tick(500)
      expect(query.data.value).toBeUndefined()
      expect(ticks().at(-1)).toBe('undefined error error')
      args.value = { channel: 'a' }
      await page.tick(500)
      expect(ticks().at(-1)).toBe('a success')
    })

    it('keeps the data when refresh() fails and when the connection is lost', async () => {
      const { query, ticks } = mountCount({ keepDataOnError: true })
      await page.tick(500)
      revoked = ['a']
      void query.refresh()
      await page.tick(500)
      page.deployment.drop()
      await page.tick(5000)
      expect(ticks()).toEqual(['undefined pending', 'a success', 'a error stale error'])
    })

    it.each([
      ['another user', () => page.source.signIn('bob'), 'undefined error error'],
      ['anonymous', () => page.source.report({ status: 'signedOut' }), 'undefined error error'],
    ])('does not keep the data for %s, not even for one tick', async (_who, change, last) => {
      const { query, ticks } = mountCount({ keepDataOnError: true }, undefined, { user: 'ada' })
      await page.tick(500)
      await revoke('a')
      expect(ticks().at(-1)).toBe('a of ada error stale error')
      const before = ticks().length
      change()
      expect(query.data.value).toBeUndefined()
      await page.tick(1000)
      expect(ticks().slice(before).filter(tick => tick.includes('ada'))).toEqual([])
      expect(ticks().at(-1)).toBe(last)
    })

    it('affects only the component that sets it', async () => {
      const { query } = mountCount({ keepDataOnError: true })
      const { result: other } = page.run(() => useConvexQuery(api.messages.count, { channel: 'a' }))
      await page.tick(500)
      await revoke('a')
      expect([query.data.value, other.data.value]).toEqual(['a', undefined])
    })
  })
})
