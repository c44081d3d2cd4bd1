/** Sends one file to an upload URL, in a single attempt. */

import { readRetryAfter } from '../../shared/retry-after.ts'

/** The outcome of one attempt to store a file. */
export type PostOutcome
  = | { kind: 'stored', storageId: string }
  /** The server has refused the file definitely. Another attempt would fail in the same way. */
    | { kind: 'refused', status: number }
  /**
   * There is no response (`status` 0), or the response does not show whether the file was stored.
   * Another attempt may succeed, after `retryAfterMs` milliseconds at the earliest.
   */
    | { kind: 'failed', status: number, retryAfterMs: number }

/**
 * A request is aborted after this time without progress or a response, in milliseconds. Without
 * this limit, a browser that has lost the connection unnoticed would wait forever.
 */
const SILENCE_MS = 60_000

/**
 * Sends a file to an upload URL. Uses `XMLHttpRequest`, since `fetch` does not report how much of a
 * body has been sent.
 *
 * @param url An upload URL, which is valid for a single request.
 * @param file The file to send. Its type becomes the content type.
 * @param onProgress Receives the number of bytes that have been sent.
 * @param signal Aborts the request: the promise then rejects with the signal's reason. It never
 * rejects for any other reason.
 */
export function postFile(
  url: string,
  file: Blob,
  onProgress: (sentBytes: number) => void,
  signal: AbortSignal,
): Promise<PostOutcome> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    let timer: ReturnType<typeof setTimeout> | undefined
    const restartTimer = (): void => {
      clearTimeout(timer)
      timer = setTimeout(() => request.abort(), SILENCE_MS)
    }
    signal.addEventListener('abort', () => {
      // Must precede `abort`, which fires `loadend` and would resolve the promise.
      reject(signal.reason)
      request.abort()
    })
    request.upload.onprogress = ({ loaded }) => {
      restartTimer()
      onProgress(loaded)
    }
    request.onloadend = () => {
      request.upload.onprogress = null
      clearTimeout(timer)
      resolve(outcomeOf(request))
    }
    request.open('POST', url)
    if (file.type)
      request.setRequestHeader('Content-Type', file.type)
    restartTimer()
    request.send(file)
  })
}

function outcomeOf(request: XMLHttpRequest): PostOutcome {
  const { status } = request
  if (status === 0 || status === 408 || status === 429 || status >= 500) {
    const retryAfterMs = readRetryAfter({ get: name => readHeader(request, name) }) || 0
    return { kind: 'failed', status, retryAfterMs }
  }
  const storageId = status < 300 && readStorageId(request.responseText)
  if (!storageId)
    return { kind: 'refused', status }
  return { kind: 'stored', storageId }
}

function readStorageId(body: string): string | undefined {
  try {
    return JSON.parse(body).storageId
  }
  catch {} // The body is not JSON; it may be an error page of a proxy.
}

/**
 * Reads a header from the list of all headers. `getResponseHeader` would write an error to the
 * console if a server of another origin does not expose the header.
 */
function readHeader(request: XMLHttpRequest, name: string): string | null {
  const headers = request.getAllResponseHeaders() ?? ''
  return new RegExp(`^${name}: *(.*?)\\s*$`, 'im').exec(headers)?.[1] ?? null
}
