/** Sends one file to an upload URL, once. */

import { readRetryAfter } from '../../shared/retry-after.ts'

/** The outcome of one attempt to store a file. */
export type PostOutcome
  = | { kind: 'stored', storageId: string }
  /** A definite refusal: another attempt would fail in the same way. */
    | { kind: 'refused', status: number }
  /**
   * No response (`status` 0), or a response that says nothing about the file. Another attempt may
   * succeed, after `retryAfterMs` milliseconds at the earliest.
   */
    | { kind: 'failed', status: number, retryAfterMs: number }

/**
 * How long a request may make no progress and receive no response, in milliseconds. A browser that
 * has lost the connection without notice would wait without limit.
 */
const SILENCE_MS = 60_000

/**
 * Sends a file to an upload URL. Uses `XMLHttpRequest`, since `fetch` does not report how much of a
 * body has been sent.
 *
 * @param url An upload URL, which is valid for a single request.
 * @param file The file to send. Its type becomes the content type.
 * @param onProgress Receives the number of bytes that have been sent.
 * @param signal Aborts the request: the promise rejects with the signal's reason. It never rejects
 * because of the network or the server.
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
      // Before the abort, which fires `loadend` and would resolve the promise.
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
  catch {} // The page of a proxy, for example.
}

/**
 * Reads from all headers: `getResponseHeader` writes an error to the console for a header that
 * another origin does not expose.
 */
function readHeader(request: XMLHttpRequest, name: string): string | null {
  const headers = request.getAllResponseHeaders() ?? ''
  return new RegExp(`^${name}: *(.*?)\\s*$`, 'im').exec(headers)?.[1] ?? null
}
