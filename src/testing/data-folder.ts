/** The small files that a deployment keeps next to its database, such as its keys. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { testingError } from './testing-error.ts'

/** The folder of the option `data`, or no folder if the data is in memory. */
export class DataFolder {
  readonly #path: string | null

  constructor(path: string | null) {
    this.#path = path
  }

  /**
   * Returns the text of a file. If the file does not exist, it is written with the text that
   * `create` returns. Without a folder, `create` is called each time.
   *
   * @throws ConvueError `DEPLOYMENT_FAILED` if the file cannot be read or written.
   */
  keep(name: string, create: () => string): string {
    const known = this.read(name)
    if (known !== null)
      return known
    const text = create()
    this.write(name, text)
    return text
  }

  /**
   * Returns the text of a file, or `null` if the file does not exist.
   *
   * @throws ConvueError `DEPLOYMENT_FAILED` if the file cannot be read.
   */
  read(name: string): string | null {
    if (this.#path === null)
      return null
    try {
      return readFileSync(join(this.#path, name), 'utf8')
    }
    catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT')
        return null
      throw folderError(this.#path, error)
    }
  }

  /**
   * Replaces a file, which only its owner can read. A process that is killed leaves either the
   * previous text or the new one.
   *
   * @throws ConvueError `DEPLOYMENT_FAILED` if the file cannot be written.
   */
  write(name: string, text: string): void {
    if (this.#path === null)
      return
    const file = join(this.#path, name)
    try {
      mkdirSync(this.#path, { recursive: true })
      writeFileSync(`${file}.new`, text, { mode: 0o600 })
      renameSync(`${file}.new`, file)
    }
    catch (error) {
      throw folderError(this.#path, error)
    }
  }
}

function folderError(folder: string, cause: unknown): Error {
  return testingError('DEPLOYMENT_FAILED', { folder, problem: 'unusable', message: (cause as Error).message }, cause)
}
