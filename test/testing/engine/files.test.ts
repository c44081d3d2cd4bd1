import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Engine } from '../../../src/testing/engine/engine.ts'

const MEBIBYTE = 2 ** 20

/** Bytes in parts of uneven sizes, in memory that is used again. */
async function* parts(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.alloc(300_001)
  for (let offset = 0; offset < bytes.length; offset += buffer.length) {
    const part = bytes.subarray(offset, offset + buffer.length)
    buffer.set(part)
    yield buffer.subarray(0, part.length)
  }
}

const contents = Uint8Array.from({ length: 2.5 * MEBIBYTE }, (_, index) => index % 251)

describe('Engine.files', () => {
  it('returns the bytes that were written, as a whole and in parts', async () => {
    const { files } = Engine.open()
    const { key, size, sha256 } = await files.write(parts(contents))
    expect(size).toBe(contents.length)
    expect(files.size(key)).toBe(contents.length)
    expect(sha256).toBe(createHash('sha256').update(contents).digest('base64'))
    const ranges = [[0, size], [0, 1], [size - 1, size], [MEBIBYTE - 1, MEBIBYTE + 1], [MEBIBYTE, 2 * MEBIBYTE], [5, 5]]
    for (const [start, end] of ranges)
      expect(Buffer.concat([...files.read(key, start, end)]).equals(contents.subarray(start, end))).toBe(true)
  })

  it('stores an empty file', async () => {
    const { files } = Engine.open()
    const { key, size } = await files.write([])
    expect(size).toBe(0)
    expect(files.size(key)).toBe(0)
    expect([...files.read(key)]).toEqual([])
  })

  it('rejects a file whose stream fails', async () => {
    const { files } = Engine.open()
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield contents
      throw new Error('connection lost')
    }
    await expect(files.write(broken())).rejects.toThrow('connection lost')
  })

  it('deletes a file when a commit names it in `deletedFiles`', async () => {
    const engine = Engine.open()
    const { files } = engine
    const { key } = await files.write([contents])
    engine.commit(engine.begin(), { deletedFiles: [key] })
    expect(files.size(key)).toBeUndefined()
    expect(() => [...files.read(key, 0, 1)]).toThrow('does not exist')
  })
})
