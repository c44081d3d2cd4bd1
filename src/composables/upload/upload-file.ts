import type { UploadState } from './upload-state.ts'
import { diagnose } from '../../errors/catalogue.ts'
import { backOffDelay } from '../../shared/back-off.ts'
import { abortable } from './abortable.ts'
import { postFile } from './post-file.ts'

export interface UploadFileOptions {
  /** Asks for an upload URL. One is good for one request and for a limited time, so each attempt asks for its own. */
  requestUrl: () => Promise<string>
  /** How many more attempts are made after the first. */
  retries: number
  /** Gets the states that the upload goes through before it ends. */
  show: (state: UploadState) => unknown
  /** Ends it and rejects with its reason. */
  signal: AbortSignal
}

/**
 * Stores a file, in as many attempts as it may take, and resolves with its storage id.
 *
 * @throws {ConvueError} `UPLOAD_FAILED`
 * @throws what `requestUrl` rejects with: a function's error is definite, and while offline a mutation waits by itself
 */
export async function uploadFile(file: Blob, { requestUrl, retries, show, signal }: UploadFileOptions): Promise<string> {
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

  /** Goes no further when it was ended while an answer was on its way here. */
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
