import type { Call } from '../../src/testing/runtime/call.ts'
import type { Runtime } from '../../src/testing/runtime/runtime.ts'
import { describe, expect, it } from 'vitest'
import { ClientCalls } from '../../src/testing/sync/client-calls.ts'
import { Rejection } from '../../src/testing/sync/protocol.ts'

/** The calls of a client in a deployment that does not answer any of them. */
function startCalls(): ClientCalls {
  const pending = (): Promise<never> => new Promise(() => {})
  const runtime = { mutation: pending, action: pending } as unknown as Runtime
  return new ClientCalls({ runtime, send: () => {}, onAnswered: () => {} })
}

const call = { name: 'notes:add', args: {}, identity: null } as unknown as Call

describe('the calls of a client', () => {
  it.each<['mutations' | 'actions', (calls: ClientCalls, requestId: number) => void, string]>([
    ['mutations', (calls, requestId) => calls.runMutation(call, { sessionId: 's', requestId }), 'Only up to 1000 pending mutations allowed'],
    ['actions', (calls, requestId) => calls.runAction(call, requestId), 'max concurrency: 1000'],
  ])('are refused above 1,000 without an answer: %s', (_name, run, message) => {
    const calls = startCalls()
    for (let requestId = 0; requestId < 1_000; requestId++)
      run(calls, requestId)
    let error: unknown
    try {
      run(calls, 1_000)
    }
    catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(Rejection)
    expect(error).toMatchObject({ kind: 'overloaded', message: expect.stringContaining(message) })
  })

  it('may be 1,000 mutations and 1,000 actions', () => {
    const calls = startCalls()
    for (let requestId = 0; requestId < 1_000; requestId++) {
      calls.runMutation(call, { sessionId: 's', requestId })
      calls.runAction(call, requestId)
    }
    expect(() => calls.runAction(call, 1_000)).toThrow(Rejection)
  })
})
