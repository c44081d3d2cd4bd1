/** Upload URLs and the URLs of stored files. */
import { randomUUID } from 'node:crypto'
import { clock } from './clock.ts'

/** How long an upload URL is valid. */
const UPLOAD_URL_LIFETIME_MS = 60 * 60 * 1000

/** A stored file. Each component has its own sequence of ids. */
interface FileAddress {
  component: string
  storageId: string
}

/** The public addresses of stored files and of future uploads. */
export class StorageAddresses {
  readonly #cloudUrl: () => string
  readonly #files = new Map<string, FileAddress>()
  readonly #names = new Map<string, string>()
  readonly #uploads = new Map<string, { component: string, expiresAt: number }>()

  constructor(cloudUrl: () => string) {
    this.#cloudUrl = cloudUrl
  }

  /**
   * Returns the same URL for the same file, so that a query that returns the URL does not have a
   * different result each time.
   */
  readonly fileUrl = (component: string, storageId: string): string => {
    const key = `${component}/${storageId}`
    const name = this.#names.get(key) ?? randomUUID()
    this.#names.set(key, name)
    this.#files.set(name, { component, storageId })
    return `${this.#cloudUrl()}/api/storage/${name}`
  }

  readonly uploadUrl = (component: string): string => {
    const token = randomUUID()
    this.#uploads.set(token, { component, expiresAt: clock.now() + UPLOAD_URL_LIFETIME_MS })
    return `${this.#cloudUrl()}/api/storage/upload?token=${token}`
  }

  resolveFile(name: string): FileAddress | undefined {
    return this.#files.get(name)
  }

  /** The component that stores an upload, or `undefined` if the token is unknown or too old. */
  resolveUpload(token: string): string | undefined {
    const upload = this.#uploads.get(token)
    return upload && upload.expiresAt > clock.now() ? upload.component : undefined
  }
}
