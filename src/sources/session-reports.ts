/** The latest session that a provider has reported, and the listeners to the next ones. */
import type { SessionSnapshot } from 'convue'

export class SessionReports {
  #latest: SessionSnapshot = { status: 'pending' }
  readonly #listeners = new Set<(snapshot: SessionSnapshot) => void>()

  report(snapshot: SessionSnapshot): void {
    this.#latest = snapshot
    for (const listener of this.#listeners)
      listener(snapshot)
  }

  getSnapshot = (): SessionSnapshot => this.#latest

  subscribe = (listener: (snapshot: SessionSnapshot) => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
