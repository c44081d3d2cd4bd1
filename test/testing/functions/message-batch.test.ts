import type { Transferable } from 'node:worker_threads'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { inOwnTurns, MessageBatch } from '../../../src/testing/functions/message-batch.ts'

interface Sent {
  messages: number[]
  transfer: Transferable[]
}

/** Creates a batch, and returns it with the messages that it has sent and a function that ends its turn. */
function startBatch(): { batch: MessageBatch<number>, sent: Sent[], endTurn: () => void } {
  const sent: Sent[] = []
  const ends: (() => void)[] = []
  const batch = new MessageBatch<number>((messages, transfer) => sent.push({ messages, transfer }), flush => ends.push(flush))
  return { batch, sent, endTurn: () => ends.splice(0).forEach(flush => flush()) }
}

describe('messageBatch', () => {
  it('sends the messages of a turn together at the end of the turn', () => {
    const { batch, sent, endTurn } = startBatch()
    batch.add(1)
    batch.add(2)
    expect(sent).toEqual([])
    endTurn()
    batch.add(3)
    endTurn()
    expect(sent.map(({ messages }) => messages)).toEqual([[1, 2], [3]])
  })

  it('keeps the order of messages if one of them transfers a value', () => {
    const { batch, sent, endTurn } = startBatch()
    const buffer = new ArrayBuffer(1)
    batch.add(1)
    batch.add(2, [buffer])
    batch.add(3)
    endTurn()
    expect(sent).toEqual([{ messages: [1], transfer: [] }, { messages: [2], transfer: [buffer] }, { messages: [3], transfer: [] }])
  })

  it('sends the messages that wait when it is flushed, and none of them twice', () => {
    const { batch, sent, endTurn } = startBatch()
    batch.add(1)
    batch.flush()
    batch.add(2)
    endTurn()
    batch.flush()
    expect(sent.map(({ messages }) => messages)).toEqual([[1], [2]])
  })

  it('sends the first part of many messages before the end of the turn', () => {
    const { batch, sent, endTurn } = startBatch()
    const all = Array.from({ length: 1000 }, (_, index) => index)
    all.forEach(message => batch.add(message))
    expect(sent.length).toBeGreaterThan(1)
    endTurn()
    expect(sent.flatMap(({ messages }) => messages)).toEqual(all)
  })
})

describe('inOwnTurns', () => {
  it('handles a message once the promises of the previous message have settled', async () => {
    const steps: string[] = []
    const receive = inOwnTurns<string>(async (message) => {
      for (let step = 1; step <= 3; step++) {
        steps.push(`${message} ${step}`)
        await null
      }
    })
    receive(['first', 'second'])
    receive(['third'])
    await setImmediate()
    expect(steps).toEqual(['first', 'second', 'third'].flatMap(message => [1, 2, 3].map(step => `${message} ${step}`)))
  })
})
