/** Reads a body of limited length into memory. */

/**
 * Reads the body of a request or a response. The body is held in memory, since not every runtime
 * can pass a stream on.
 *
 * @returns `null` if the body is longer than `maxBytes`; the rest of it is not read.
 */
export async function readBody({ headers, body }: Request | Response, maxBytes: number): Promise<Blob | null> {
  if (Number(headers.get('content-length')) > maxBytes)
    return null
  if (!body)
    return new Blob()
  const reader = body.getReader()
  const chunks: Uint8Array<ArrayBuffer>[] = []
  let size = 0
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    size += part.value.length
    if (size > maxBytes) {
      // The answer does not depend on whether the rest could be cancelled.
      reader.cancel().catch(() => {})
      return null
    }
    chunks.push(part.value as Uint8Array<ArrayBuffer>)
  }
  return new Blob(chunks)
}
