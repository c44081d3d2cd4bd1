import { describe, expect, it } from 'vitest'
import { readBody, readText } from '../../../src/server/http/read-body.ts'

/** A response whose body arrives in parts of one byte, without a length in its headers. */
function inParts(text: string): { response: Response, isCancelled: () => boolean } {
  const bytes = [...new TextEncoder().encode(text)]
  let isCancelled = false
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const byte = bytes.shift()
      if (byte === undefined)
        controller.close()
      else
        controller.enqueue(new Uint8Array([byte]))
    },
    cancel() {
      isCancelled = true
    },
  }, { highWaterMark: 0 })
  return { response: new Response(body), isCancelled: () => isCancelled }
}

describe('readText', () => {
  it('joins the parts of a body, also within a character', async () => {
    expect(await readText(inParts('{"name":"Größe ✓"}').response, 100)).toBe('{"name":"Größe ✓"}')
  })

  it('returns an empty text for a response without a body', async () => {
    expect(await readText(new Response(null, { status: 204 }), 100)).toBe('')
  })
})

describe.each([['readText', readText], ['readBody', readBody]] as const)('%s', (_name, read) => {
  it('returns null and cancels the rest once the parts are longer than the limit', async () => {
    const { response, isCancelled } = inParts('12345')
    expect(await read(response, 3)).toBeNull()
    expect(isCancelled()).toBe(true)
  })
})
