import { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, it } from 'vitest'
import { SharedState } from '../../../src/testing/functions/shared-state.ts'

/** The position of the number on which a thread waits for an answer. */
const SYNC_ANSWERED = 2

const FILE = new URL('../../../src/testing/functions/shared-state.ts', import.meta.url).href

/** Waits once for an answer, and then reports that it has one. */
const THREAD = `
  const { parentPort, workerData } = require('node:worker_threads')
  import(${JSON.stringify(FILE)}).then(({ SharedState }) => {
    new SharedState(workerData).waitForAnswer()
    parentPort.postMessage('answered')
  })`

describe('SharedState.waitForAnswer', () => {
  const workers: Worker[] = []
  afterEach(() => Promise.all(workers.splice(0).map(worker => worker.terminate())))

  function startThread(): { state: SharedState, events: string[], answered: Promise<unknown>, notifyLate: () => Promise<void> } {
    const state = new SharedState()
    const events: string[] = []
    const worker = new Worker(THREAD, { eval: true, workerData: state.buffer })
    workers.push(worker)
    const answered = new Promise<unknown>((resolve, reject) => {
      worker.once('message', (message) => {
        events.push(message)
        resolve(message)
      })
      worker.once('error', reject)
    })
    const numbers = new Int32Array(state.buffer)
    const notifyLate = async (): Promise<void> => {
      // `notify` returns the number of threads that it has woken, which is 0 until the thread waits.
      while (!events.includes('answered') && Atomics.notify(numbers, SYNC_ANSWERED) === 0)
        await new Promise(resolve => setImmediate(resolve))
      events.push('woken')
    }
    return { state, events, answered, notifyLate }
  }

  it('continues to wait when the notification of an earlier answer arrives late', async () => {
    const { state, events, answered, notifyLate } = startThread()
    await notifyLate()
    await notifyLate()
    state.announceAnswer()
    await answered
    expect(events).toEqual(['woken', 'woken', 'answered'])
  })

  it('returns at once if the answer was announced before', async () => {
    const { state, answered } = startThread()
    state.announceAnswer()
    expect(await answered).toBe('answered')
  })
})
