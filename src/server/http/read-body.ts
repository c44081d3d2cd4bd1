/**
 * The body of a request or response, as far as it is not too long. It is held in memory: not every runtime can pass a stream on.
 *
 * @returns `null` if it is longer than `maxBytes`; the rest of it is not read.
 */
export async function readBody({ headers, body }: Request | Response, maxBytes: number): Promise<Blob | null> {
  if (Number(headers.get('content-length')) > maxBytes)
    return null
  const reader = body?.getReader()
  const chunks: Uint8Array<ArrayBuffer>[] = []
  let size = 0
  for (let part = await reader?.read(); part && !part.done; part = await reader!.read()) {
    size += part.value.length
    if (size > maxBytes) {
      // What becomes of the rest is no concern of the answer.
      reader!.cancel().catch(() => {})
      return null
    }
    chunks.push(part.value as Uint8Array<ArrayBuffer>)
  }
  return new Blob(chunks)
}
