/** The routes of stored files: uploads and downloads. */
import type { IncomingMessage } from 'node:http'
import type { FileContent, Files } from '../runtime/files.ts'
import { Readable } from 'node:stream'
import { deferred } from '../functions/deferred.ts'
import { HttpError } from '../http-error.ts'
import { Sha256MismatchError } from '../runtime/files.ts'
import { parseRange } from './byte-range.ts'

/** Files never change, so browsers may keep them for 30 days. */
const CACHE_CONTROL = `private, max-age=${30 * 24 * 60 * 60}`

/** Convex ends an upload after this time. */
const LONGEST_UPLOAD_MS = 2 * 60 * 1000

const UUID = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i
const DIGEST = /^sha-256=([\w+/-]{43}=)$/

/** Stores the body of a request, which may be of any size. */
export async function answerUpload(files: Files, request: IncomingMessage, token: string | null): Promise<Response> {
  const component = files.resolveUpload(token ?? '')
  if (component === undefined)
    throw new HttpError(401, 'Unauthorized', 'This upload URL is not valid, or has expired.')
  const expectedSha256 = readDigest(request.headers.digest)
  const contentType = request.headers['content-type'] ?? null
  try {
    const contents = withinUploadTime(request)
    const storageId = await files.store(null, component, { contents, contentType, expectedSha256 })
    return Response.json({ storageId })
  }
  catch (error) {
    if (error instanceof Sha256MismatchError)
      throw new HttpError(400, 'Sha256Mismatch', error.message)
    throw error
  }
}

/** The parts of an upload. An upload that does not end in time is refused, and no part is kept. */
async function* withinUploadTime(request: IncomingMessage): AsyncGenerator<Uint8Array> {
  const parts = request[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
  const timeout = deferred<never>()
  const timer = setTimeout(() => timeout.reject(uploadTimeout()), LONGEST_UPLOAD_MS)
  // The upload may have ended already.
  timeout.promise.catch(() => {})
  try {
    for (;;) {
      const { done, value } = await Promise.race([parts.next(), timeout.promise])
      if (done)
        return
      yield value
    }
  }
  finally {
    clearTimeout(timer)
  }
}

function uploadTimeout(): HttpError {
  return new HttpError(408, 'RequestTimeout', 'The upload has not ended within two minutes.')
}

/** Serves a file, or the range of it that the request names. */
export function answerDownload(files: Files, { headers: { range: header } }: IncomingMessage, name: string): Response {
  if (!UUID.test(name)) {
    throw new HttpError(400, 'InvalidStoragePath', `Invalid storage path: "${name}". `
      + 'Please use `storage.getUrl(storageId: Id<"_storage">)` to generate a valid URL to retrieve files. '
      + 'See https://docs.convex.dev/file-storage/serve-files for more details')
  }
  const file = files.find(name)
  if (!file)
    throw new HttpError(404, 'FileNotFound', `File ${name} not found`)
  const range = file.size === 0 ? null : parseRange(header, file.size)
  if (range === 'unsatisfiable')
    return new Response(null, { status: 416, headers: { 'content-range': `bytes */${file.size}` } })
  const headers = new Headers({ 'cache-control': CACHE_CONTROL, 'accept-ranges': 'bytes' })
  if (file.contentType !== null)
    headers.set('content-type', file.contentType)
  if (range === null) {
    headers.set('digest', `sha-256=${file.sha256}`)
    headers.set('content-length', String(file.size))
    return new Response(streamOf(file), { headers })
  }
  const { start, end } = range
  headers.set('content-range', `bytes ${start}-${end - 1}/${file.size}`)
  headers.set('content-length', String(end - start))
  return new Response(streamOf(file, start, end), { status: 206, headers })
}

/** The hash that an upload must have; `null` if the request does not name it. */
function readDigest(header: string | string[] | undefined): string | null {
  if (header === undefined)
    return null
  const [, sha256] = DIGEST.exec(String(header)) ?? []
  if (sha256 === undefined)
    throw new HttpError(400, 'BadHeader', 'Bad header for digest: invalid HTTP header')
  return sha256
}

function streamOf(file: FileContent, start?: number, end?: number): ReadableStream<Uint8Array> {
  return Readable.toWeb(Readable.from(file.read(start, end))) as ReadableStream<Uint8Array>
}
