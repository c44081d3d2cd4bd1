import type { QueryArgs, UseConvexQueryOptions } from 'convue'
import type { Ref } from 'vue'
import type { ScriptedPageOptions } from '../support/scripted-page.ts'
import { useConvexQuery } from 'convue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { recordTicks } from '../support/identity.ts'
import { api } from '../support/scripted-api.ts'
import { ScriptedPage } from '../support/scripted-page.ts'
import '../support/console-guard.ts'

type Args = QueryArgs<typeof api.messages.count>

let page: ScriptedPage
let count: number | Error
beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(async () => {
  await page.close()
  vi.useRealTimers()
})

function openPage(options: ScriptedPageOptions = {}): ScriptedPage {
  page = new ScriptedPage(options)
  page.deployment.latencyMs = 50
  count = 1
  page.deployment.functions.set('messages:count', ({ channel }, subject) => {
    if (count instanceof Error)
      throw count
    return `${count} in ${channel}${subject === null ? '' : ` for ${subject}`}` as any
  })
  page.deployment.functions.set('users:whoami', (_args, subject) => subject)
  // Keeps the connections open.
  page.run(() => useConvexQuery(api.users.whoami, {}))
  return page
}

/** A query that asks once, with everything that a synchronous watcher ever saw of it. */
function mountOnce(args: Args | Ref<Args> = { channel: 'a' }, options: Partial<UseConvexQueryOptions> = {}) {
  const { result, stop } = page.run(() => {
    const query = useConvexQuery(api.messages.count, args, { live: false, ...options } as any)
    const ticks = recordTicks(() => `${query.data.value} ${query.status.value}${query.isStale.value ? ' stale' : ''}`)
    return { query, ticks: () => ticks.map(text => JSON.parse(text) as string) }
  })
  return { ...result, stop }
}

const asked = (): number => page.deployment.executions.filter(({ name }) => name === 'messages:count').length

describe('a query that is not live', () => {
  it('that is public is not asked anew', async () => {
    openPage({ user: 'ada' })
    const { ticks } = mountOnce({ channel: 'a' }, { auth: 'public' })
    await page.tick(500)
    page.source.signIn('bob')
    await page.tick(500)
    expect(ticks()).toEqual(['undefined pending', '1 in a success'])
    expect(asked()).toBe(1)
  })

  it('comes with a component, and goes with it: no socket is left', async () => {
    page = new ScriptedPage({ lingerMs: 0 })
    page.deployment.functions.set('messages:count', () => 1)
    const { stop } = mountOnce()
    await page.tick(500)
    // Nobody needs a connection any more.
    expect(page.deployment.liveSockets).toEqual([])
    stop()
  })

  it('that is public is asked again at refresh, although nobody\'s connection is closed meanwhile', async () => {
    openPage({ user: 'ada' })
    const { query } = mountOnce({ channel: 'a' }, { auth: 'public' })
    await page.tick(500)
    page.deployment.ts++
    page.deployment.functions.set('users:whoami', () => 'more')
    page.deployment.invalidate()
    await page.tick(500)
    expect(page.deployment.liveSockets).toHaveLength(1)
    count = 2
    const refreshed = vi.fn()
    void query.refresh().then(refreshed)
    await page.tick(1000)
    expect(refreshed).toHaveBeenCalled()
    expect(query.data.value).toBe('2 in a')
  })

  it('of a visitor is not asked again by a state of auth in which nothing has changed', async () => {
    page = new ScriptedPage()
    count = 1
    page.deployment.functions.set('messages:list', () => [])
    page.deployment.functions.set('messages:count', ({ channel }) => `${count} in ${channel}` as any)
    // It leaves: the connection has nothing to do any more.
    const { stop } = page.run(() => useConvexQuery(api.messages.list, { channel: 'x' }, { lingerMs: 0 }))
    const { ticks } = mountOnce()
    await page.tick(500)
    stop()
    page.source.say({ status: 'failed', error: new Error('down') })
    page.source.say({ status: 'signedOut' })
    await page.tick(5000)
    expect(ticks()).toEqual(['undefined pending', '1 in a success'])
    expect(asked()).toBe(1)
  })
})
