/** Runs the transactions of one page in order, and warns once if the database does not work. */
import type { StoreSettings } from './store-settings.ts'
import { persistError } from './persist-error.ts'
import { ResultDatabase } from './result-database.ts'

/** A blocked or broken database never causes an error in the page. */
export class DatabaseQueue {
  readonly #opened: Promise<ResultDatabase>
  #last: Promise<unknown>
  #hasReported = false

  constructor(url: string, settings: StoreSettings) {
    this.#opened = ResultDatabase.open(url, settings)
    this.#last = this.#opened.catch(() => {})
  }

  /** Runs work after all previous work. Resolves with `undefined` if it fails. */
  run<Result>(work: (database: ResultDatabase) => Promise<Result>): Promise<Result | undefined> {
    const result = this.#last.then(() => this.#attempt(work))
    this.#last = result
    return result
  }

  /** Closes the database after all previous work. */
  close(): void {
    void this.run(async database => database.close())
  }

  async #attempt<Result>(work: (database: ResultDatabase) => Promise<Result>): Promise<Result | undefined> {
    try {
      return await work(await this.#opened)
    }
    catch (error) {
      this.#report(error)
    }
  }

  #report(cause: unknown): void {
    if (process.env.NODE_ENV === 'production' || this.#hasReported)
      return
    this.#hasReported = true
    console.warn(persistError('STORE_UNAVAILABLE', cause))
  }
}
