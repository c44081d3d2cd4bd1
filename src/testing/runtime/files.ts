/** Stored files, the addresses under which they are served, and upload URLs. */
import type { Data, DataTransaction } from './data.ts'
import { randomUUID } from 'node:crypto'
import { clock } from './clock.ts'

export const STORAGE = '_storage'

/** The time for which an upload URL is valid. */
const UPLOAD_URL_LIFETIME_MS = 60 * 60 * 1000

/** A file that is to be stored. */
export interface NewFile {
  contents: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
  contentType: string | null
  /** The SHA-256 hash in base64 that the file must have. */
  expectedSha256: string | null
}

/** The error for a file that does not have the hash that its sender has named. */
export class Sha256MismatchError extends Error {
  constructor(expected: string, actual: string) {
    super(`Sha256 mismatch. Expected: ${expected} Actual: ${actual}`)
  }
}

/** The content of a stored file. */
export interface FileContent {
  size: number
  contentType: string | null
  sha256: string
  read: (start?: number, end?: number) => Iterable<Uint8Array>
}

/**
 * The files of one deployment. The field `key` of a document of `_storage` identifies the content
 * of its file.
 */
export class Files {
  readonly #data: Data
  readonly #uploads = new Map<string, { component: string, expiresAt: number }>()

  constructor(data: Data) {
    this.#data = data
  }

  /**
   * Stores the content of a file, and its document in the transaction of a mutation or in a
   * transaction of its own. Returns the id.
   */
  async store(transaction: DataTransaction | null, component: string, file: NewFile): Promise<string> {
    const { contents, contentType, expectedSha256 } = file
    const { files } = this.#data.engine
    const { key, size, sha256 } = await files.write(contents)
    try {
      if (expectedSha256 !== null && sha256 !== expectedSha256)
        throw new Sha256MismatchError(expectedSha256, sha256)
      const document = { key, size, sha256, ...contentType !== null && { contentType } }
      if (!transaction)
        return this.#data.transact(own => own.insert(component, STORAGE, document))
      const id = transaction.insert(component, STORAGE, document)
      transaction.newFiles.add(key)
      return id
    }
    catch (error) {
      files.delete(key)
      throw error
    }
  }

  /** The name in the URL of a file; `null` if the file does not exist. */
  nameOf(transaction: DataTransaction, id: string): string | null {
    return transaction.get(id)?.value.key as string ?? null
  }

  content(transaction: DataTransaction, id: string): FileContent | null {
    const document = transaction.get(id)?.value
    if (document)
      return this.#contentOf(document)
    return null
  }

  /** The file that has this name in its URL. */
  find(name: string): FileContent | null {
    return this.#data.transact((transaction) => {
      for (const table of this.#data.engine.tables) {
        const index = table.name === STORAGE ? table.indexes.get('by_key') : undefined
        const document = index && transaction.findByKey(index, name)
        if (document)
          return this.#contentOf(document.value)
      }
      return null
    })
  }

  /**
   * Deletes contents without a document, which remain if a process ends between the two steps of
   * `store`. No file may be stored meanwhile.
   */
  removeOrphans(): void {
    const tables = this.#data.engine.tables.filter(({ name }) => name === STORAGE)
    const keys = this.#data.transact(transaction => tables.flatMap(({ component }) =>
      [...transaction.documents(component, STORAGE)].map(({ value }) => value.key as string)))
    this.#data.engine.files.keepOnly(new Set(keys))
  }

  removeExpiredUploads(): void {
    for (const [token, { expiresAt }] of this.#uploads) {
      if (expiresAt <= clock.now())
        this.#uploads.delete(token)
    }
  }

  createUploadToken(component: string): string {
    const token = randomUUID()
    this.#uploads.set(token, { component, expiresAt: clock.now() + UPLOAD_URL_LIFETIME_MS })
    return token
  }

  /** The component that stores an upload, or `undefined` if the token is unknown or too old. */
  resolveUpload(token: string): string | undefined {
    const upload = this.#uploads.get(token)
    if (upload && upload.expiresAt > clock.now())
      return upload.component
    return undefined
  }

  #contentOf({ key, size, sha256, contentType = null }: Record<string, unknown>): FileContent {
    return {
      size: size as number,
      sha256: sha256 as string,
      contentType: contentType as string | null,
      read: (start, end) => this.#data.engine.files.read(key as string, start, end),
    }
  }
}
