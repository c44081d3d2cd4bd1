import type { Mock } from 'vitest'
import type { CallRegistry } from '../../../src/client/call-registry.ts'
import type { PendingCall } from '../../../src/client/pending-call.ts'
import { BaseConvexClient } from 'convex/browser'
import { useConvexMutation } from 'convue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createCallRegistry } from '../../../src/client/call-registry.ts'
import { api } from '../../support/scripted/scripted-api.ts'
import { ScriptedPage, setupScriptedPage } from '../../support/scripted/scripted-page.ts'

const question = { kind: 'mutation', name: 'messages:send', args: {} } as const
function optimisticUpdate(): void {}

/** A registry of a page whose identity is not known yet, so that no call is sent. */
function createRegistry(): { calls: CallRegistry, onSettled: Mock } {
  const onSettled = vi.fn()
  return { calls: createCallRegistry(() => {}, () => 'waiting', onSettled), onSettled }
}

/** Lets a call settle by itself. */
async function settle(call: PendingCall): Promise<void> {
  call.reject(new Error('refused'))
  await call.result.catch(() => {})
}

describe('createCallRegistry', () => {
  it('counts writes and optimistic calls until they settle', async () => {
    const { calls, onSettled } = createRegistry()
    const state = (): unknown[] => [calls.size, calls.hasWrites, calls.hasOptimisticCalls]
    const query = calls.start({ ...question, kind: 'query' })
    expect(state()).toEqual([1, false, false])
    const mutation = calls.start(question)
    const optimistic = calls.start({ ...question, optimisticUpdate })
    const action = calls.start({ ...question, kind: 'action' })
    expect(state()).toEqual([4, true, true])
    await settle(optimistic)
    expect(onSettled).toHaveBeenCalledTimes(1)
    expect(state()).toEqual([3, true, false])
    // A call that settles again does not count again.
    await settle(optimistic)
    expect(onSettled).toHaveBeenCalledTimes(1)
    await settle(mutation)
    expect(state()).toEqual([2, true, false])
    await settle(action)
    expect(state()).toEqual([1, false, false])
    await settle(query)
    expect(state()).toEqual([0, false, false])
  })

  it('has no pending calls after endAll, and ignores rejected calls that settle later', async () => {
    const { calls, onSettled } = createRegistry()
    const ended = [calls.start({ ...question, optimisticUpdate }), calls.start(question)]
    const outcomes: string[] = []
    calls.endAll((outcome) => {
      outcomes.push(outcome)
      return new Error(outcome)
    })
    expect((await Promise.allSettled(ended.map(call => call.result))).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    await Promise.all(ended.map(settle))
    expect(onSettled).not.toHaveBeenCalled()
    expect([calls.size, calls.hasWrites, calls.hasOptimisticCalls, outcomes]).toEqual([0, false, false, ['notSent', 'notSent']])
    const next = calls.start(question)
    expect(calls.hasWrites).toBe(true)
    await settle(next)
    expect(calls.hasWrites).toBe(false)
  })

  it('throws for arguments that are not Convex values, and does not count the call', () => {
    const { calls } = createRegistry()
    expect(() => calls.start({ ...question, args: 'text' })).toThrow('[ARGS_INVALID]')
    expect([calls.size, calls.hasWrites]).toEqual([0, false])
  })

  /**
   * The Convex client iterates over all of its calls to compute its connection state, so each
   * reading of this state takes time in proportion to the number of calls.
   */
  describe('many pending calls', () => {
    const CALLS = 200
    let page: ScriptedPage
    setupScriptedPage()
    beforeEach(() => {
      page = new ScriptedPage()
      page.deployment.functions.set('messages:send', () => null)
    })
    afterEach(() => {
      vi.restoreAllMocks()
    })

    async function sendCalls(): Promise<{ settled: Promise<PromiseSettledResult<unknown>[]> }> {
      const { mutate } = page.run(() => useConvexMutation(api.messages.send, { optimisticUpdate })).result
      // The socket opens.
      page.convex.client.connectionState()
      await page.tick()
      const readState = vi.spyOn(BaseConvexClient.prototype, 'connectionState')
      const settled = Promise.allSettled(Array.from({ length: CALLS }, () => mutate({ channel: 'a', body: 'x' })))
      expect(readState).toHaveBeenCalledTimes(1)
      readState.mockRestore()
      return { settled }
    }

    it('take time in proportion to their number when they settle one by one', async () => {
      const { settled } = await sendCalls()
      let visited = 0
      const { [Symbol.iterator]: iterate, forEach } = Set.prototype
      vi.spyOn(Set.prototype, Symbol.iterator).mockImplementation(function (this: Set<unknown>) {
        visited += this.size
        return iterate.call(this)
      })
      vi.spyOn(Set.prototype, 'forEach').mockImplementation(function (this: Set<unknown>, ...args) {
        visited += this.size
        return forEach.apply(this, args)
      })
      await page.tick()
      const results = await settled
      vi.restoreAllMocks()
      expect(results.every(({ status }) => status === 'fulfilled')).toBe(true)
      expect(visited).toBeLessThan(10 * CALLS)
    })

    it('read the connection state only once when all of them are rejected in one tick', async () => {
      page.deployment.isHolding = true
      const { settled } = await sendCalls()
      await page.tick()
      const readState = vi.spyOn(BaseConvexClient.prototype, 'connectionState')
      const closed = page.convex.close()
      expect(readState).toHaveBeenCalledTimes(1)
      const errors = (await settled).map(result => (result as PromiseRejectedResult).reason.code)
      expect(new Set(errors)).toEqual(new Set(['CLOSED']))
      await Promise.all([closed, page.tick()])
    })
  })
})
