import { readRetryAfter } from '../../shared/retry-after.ts'

/** What became of one attempt to store a file. */
export type PostOutcome
  = | { kind: 'stored', storageId: string }
  /** A definite answer: another attempt would get the same. */
    | { kind: 'refused', status: number }
  /** No answer (`status` 0) or none that says anything about the file; to be tried again, after `retryAfterMs` milliseconds at the earliest. */
    | { kind: 'failed', status: number, retryAfterMs: number }

/** A browser waits for good on a connection that was lost without a word: after so long without progress or an answer, nobody does. */
const SILENCE_MS = 60_000

/**
 * Sends a file to an upload URL. By `XMLHttpRequest`, since `fetch` does not tell how much of a body has been sent.
 *
 * @param url Good for this one request.
 * @param file Its type becomes the content type.
 * @param onProgress Gets the bytes that have been sent.
 * @param signal Ends the request and rejects with its reason; otherwise it never rejects for what the network or the server does.
 */
export function postFile(url: string, file: Blob, onProgress: (sentBytes: number) => void, signal: AbortSignal): Promise<PostOutcome> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    let timer: ReturnType<typeof setTimeout> | undefined
    const awaitNews = (): void => {
      clearTimeout(timer)
      timer = setTimeout(() => request.abort(), SILENCE_MS)
    }
    signal.addEventListener('abort', () => {
      // First of all: a request that is aborted has an outcome as well.
      reject(signal.reason)
      request.abort()
    })
    request.upload.onprogress = ({ loaded }) => {
      awaitNews()
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
    awaitNews()
    request.send(file)
  })
}

function outcomeOf(request: XMLHttpRequest): PostOutcome {
  const { status } = request
  if (status === 0 || status === 408 || status === 429 || status >= 500)
    return { kind: 'failed', status, retryAfterMs: readRetryAfter({ get: name => header(request, name) }) || 0 }
  const storageId = status < 300 && readStorageId(request.responseText)
  return storageId ? { kind: 'stored', storageId } : { kind: 'refused', status }
}

function readStorageId(body: string): string | undefined {
  try {
    return JSON.parse(body).storageId
  }
  catch {} // some proxy's page
}

/** Asking for a single header that another origin does not expose would write an error to the console. */
function header(request: XMLHttpRequest, name: string): string | null {
  return new RegExp(`^${name}: *(.*?)\\s*$`, 'im').exec(request.getAllResponseHeaders() ?? '')?.[1] ?? null
}
