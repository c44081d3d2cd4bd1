import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { uploadFile } from '../../../../src/composables/upload/upload-file.ts'
import { stubXhr } from '../../../support/scripted/scripted-xhr.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

/** An upload, and the requests that it has started so far. */
function start() {
  const network = stubXhr()
  const controller = new AbortController()
  const requestUrl = vi.fn(async () => 'https://storage')
  const show = vi.fn()
  const promise = uploadFile(new Blob(['text']), { requestUrl, retries: 3, show, signal: controller.signal }).catch(error => error)
  return { network, controller, promise, started: () => [requestUrl.mock.calls.length, network.sent.length, show.mock.calls.length, vi.getTimerCount()] }
}

describe('uploadFile: an upload that is aborted', () => {
  const MICROTASKS = Array.from({ length: 12 }, (_, count) => [count])

  async function endAfter(microtasks: number, { controller, promise, started }: ReturnType<typeof start>): Promise<void> {
    for (let turn = 0; turn < microtasks; turn++)
      await Promise.resolve()
    const reason = new Error('enough')
    controller.abort(reason)
    const [urls, requests, states] = started()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(started()).toEqual([urls, requests, states, 0])
    expect(await promise).toBe(reason)
  }

  it.each(MICROTASKS)('sends no further request if it is aborted %i microtasks after its start', async (microtasks) => {
    await endAfter(microtasks, start())
  })

  it.each(MICROTASKS)('sends no further request if it is aborted %i microtasks after a failed attempt', async (microtasks) => {
    const upload = start()
    await vi.advanceTimersByTimeAsync(0)
    upload.network.sent[0]!.fail()
    await endAfter(microtasks, upload)
  })

  it.each(MICROTASKS)('sends no further request if it is aborted %i microtasks after the delay of a retry', async (microtasks) => {
    const upload = start()
    await vi.advanceTimersByTimeAsync(0)
    upload.network.sent[0]!.fail()
    await vi.advanceTimersByTimeAsync(0)
    vi.runOnlyPendingTimers()
    await endAfter(microtasks, upload)
  })
})
