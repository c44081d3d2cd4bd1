/** Reads a body of limited length into memory. */

const decoder = new TextDecoder()

/**
 * Reads the body of a request or a response. The body is held in memory, since not every runtime
 * can pass a stream on.
 *
 * @returns `null` if the body is longer than `maxBytes`; the rest of it is not read.
 */
export async function readBody(message: Request | Response, maxBytes: number): Promise<Blob | null> {
  const chunks = await readChunks(message, maxBytes)
  return chunks && new Blob(chunks)
}

/** The same as {@link readBody}, decoded as UTF-8. */
export async function readText(message: Request | Response, maxBytes: number): Promise<string | null> {
  const chunks = await readChunks(message, maxBytes)
  return chunks && decoder.decode(concatenate(chunks))
}

type Chunk = Uint8Array<ArrayBuffer>

async function readChunks({ headers, body }: Request | Response, maxBytes: number): Promise<Chunk[] | null> {
  if (Number(headers.get('content-length')) > maxBytes)
    return null
  if (!body)
    return []
  const reader = body.getReader()
  const chunks: Chunk[] = []
  let size = 0
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    size += part.value.length
    if (size > maxBytes) {
      // The answer does not depend on whether the rest could be cancelled.
      reader.cancel().catch(() => {})
      return null
    }
    chunks.push(part.value as Chunk)
  }
  return chunks
}

function concatenate(chunks: Chunk[]): Chunk {
  if (chunks.length === 1)
    return chunks[0]!
  const whole = new Uint8Array(chunks.reduce((size, { length }) => size + length, 0))
  let offset = 0
  for (const chunk of chunks) {
    whole.set(chunk, offset)
    offset += chunk.length
  }
  return whole
}
