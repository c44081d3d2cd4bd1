/** The contents of stored files, in chunks, so that a large file is never in memory as a whole. */
import type { DatabaseSync, StatementSync } from './sqlite.ts'
import { Buffer } from 'node:buffer'
import { createHash, randomUUID } from 'node:crypto'

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS files (key TEXT PRIMARY KEY, size INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS chunks (
    number INTEGER PRIMARY KEY,
    file TEXT NOT NULL,
    position INTEGER NOT NULL,
    data BLOB NOT NULL,
    UNIQUE (file, position)
  );
`
const CHUNK_BYTES = 2 ** 20

export interface StoredFile {
  /** The name of the contents, to which the document in `_storage` refers. */
  key: string
  size: number
  /** The SHA-256 hash as base64. */
  sha256: string
}

export class Files {
  readonly #database: DatabaseSync
  readonly #insertFile: StatementSync
  readonly #insertChunk: StatementSync
  readonly #size: StatementSync
  readonly #chunk: StatementSync
  readonly #deleteFile: StatementSync
  readonly #deleteChunks: StatementSync

  constructor(database: DatabaseSync) {
    this.#database = database
    database.exec(SCHEMA)
    // These chunks exist if a previous process ended while it was receiving a file.
    database.exec('DELETE FROM chunks WHERE file NOT IN (SELECT key FROM files)')
    this.#insertFile = database.prepare('INSERT INTO files (key, size) VALUES (?, ?)')
    this.#insertChunk = database.prepare('INSERT INTO chunks (file, position, data) VALUES (?, ?, ?)')
    this.#size = database.prepare('SELECT size FROM files WHERE key = ?')
    this.#chunk = database.prepare('SELECT data FROM chunks WHERE file = ? AND position = ?')
    this.#deleteFile = database.prepare('DELETE FROM files WHERE key = ?')
    this.#deleteChunks = database.prepare('DELETE FROM chunks WHERE file = ?')
  }

  /** Stores a file. The file exists once its last byte is stored. */
  async write(contents: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<StoredFile> {
    const key = randomUUID()
    const hash = createHash('sha256')
    let size = 0
    let position = 0
    try {
      for await (const chunk of inChunks(contents)) {
        hash.update(chunk)
        size += chunk.length
        this.#insertChunk.run(key, position++, chunk)
      }
    }
    catch (error) {
      this.#deleteChunks.run(key)
      throw error
    }
    this.#insertFile.run(key, size)
    return { key, size, sha256: hash.digest('base64') }
  }

  /** The size of a file in bytes, `undefined` if there is no such file. */
  size(key: string): number | undefined {
    return this.#size.get(key)?.size as number | undefined
  }

  /** The bytes from `start` to `end`, without `end`. */
  * read(key: string, start = 0, end = this.size(key) ?? 0): Generator<Uint8Array, void> {
    for (let position = Math.floor(start / CHUNK_BYTES); position * CHUNK_BYTES < end; position++) {
      const data = this.#chunk.get(key, position)?.data as Uint8Array | undefined
      // The file was deleted while it was read.
      if (!data)
        throw new Error(`The file ${key} does not exist.`)
      const offset = position * CHUNK_BYTES
      yield data.subarray(Math.max(start - offset, 0), end - offset)
    }
  }

  /** Deletes all files whose keys are not in `keys`. */
  keepOnly(keys: ReadonlySet<string>): void {
    for (const { key } of this.#database.prepare('SELECT key FROM files').all()) {
      if (!keys.has(key as string))
        this.delete(key as string)
    }
  }

  clear(): void {
    this.#database.exec('DELETE FROM files; DELETE FROM chunks')
  }

  delete(key: string): void {
    this.#deleteFile.run(key)
    this.#deleteChunks.run(key)
  }
}

/** Returns the same bytes in chunks of equal size, of which only the last one may be smaller. */
async function* inChunks(contents: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = []
  let bytes = 0
  for await (let part of contents) {
    while (bytes + part.length >= CHUNK_BYTES) {
      const missing = CHUNK_BYTES - bytes
      yield Buffer.concat([...parts, part.subarray(0, missing)])
      part = part.subarray(missing)
      parts = []
      bytes = 0
    }
    // The part is copied, because a stream may reuse its memory.
    parts.push(Buffer.from(part))
    bytes += part.length
  }
  if (bytes > 0)
    yield Buffer.concat(parts)
}
