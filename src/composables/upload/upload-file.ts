/** Stores one file. Repeats the attempt after temporary failures. */

import type { UploadState } from './upload-state.ts'
import { diagnose } from '../../errors/diagnose.ts'
import { backOffDelay } from '../../shared/back-off.ts'
import { abortable } from './abortable.ts'
import { postFile } from './post-file.ts'

export interface UploadFileOptions {
  /**
   * Requests an upload URL. A URL is valid for one request and for a limited time, so each attempt
   * requests its own.
   */
  requestUrl: () => Promise<string>
  /** The largest number of attempts after the first one. */
  retries: number
  /** Receives the states of the upload before it ends. */
  show: (state: UploadState) => unknown
  /** Aborts the upload: the promise rejects with the signal's reason. */
  signal: AbortSignal
}

/**
 * Stores a file and resolves with its storage id.
 *
 * @throws {ConvueError} `UPLOAD_FAILED`
 * @throws the rejection of `requestUrl`. It is not retried: an error of a function is definite, and
 * a mutation that cannot be sent waits for the connection
 */
export async function uploadFile(
  file: Blob,
  { requestUrl, retries, show, signal }: UploadFileOptions,
): Promise<string> {
  for (let failures = 1; ; failures++) {
    signal.throwIfAborted()
    const url = await abortable(requestUrl(), signal)
    enter(sending(0))
    const outcome = await postFile(url, file, sentBytes => show(sending(sentBytes)), signal)
    if (outcome.kind === 'stored')
      return outcome.storageId
    const error = diagnose('UPLOAD_FAILED', outcome.status)
    if (outcome.kind === 'refused' || failures > retries)
      throw error
    enter({ status: 'waiting', error })
    await delay(backOffDelay(failures, outcome.retryAfterMs), signal)
  }

  function sending(sentBytes: number): UploadState {
    return { status: 'sending', sentBytes, progress: file.size && Math.min(sentBytes / file.size, 1) }
  }

  /** Shows a state. Throws if the upload was aborted after the awaited promise had settled. */
  function enter(state: UploadState): void {
    signal.throwIfAborted()
    show(state)
  }
}

function delay(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(signal.reason)
    })
  })
}
