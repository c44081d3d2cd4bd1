import type { stubBroadcastChannel } from '../support/scripted/broadcast-channel.ts'

/**
 * Other tabs of the browser: of the same app, and of another app of this origin on the same
 * deployment.
 */
export class OtherTabs {
  readonly #channels: ReturnType<typeof stubBroadcastChannel>
  readonly #name: string
  /** The announcements of other tabs since the page's identity changed or was at rest. */
  readonly #announced = new Set<unknown>()
  /** Identities that the page has changed to, and has to announce. */
  #due: (string | null)[] = []
  /** How many messages have been checked. */
  #seen = 0

  constructor(channels: ReturnType<typeof stubBroadcastChannel>, url: string) {
    this.#channels = channels
    this.#name = `convue:${url}`
  }

  /** A tab of the same app announces a user, `null` for anonymous, whether that is true or not. */
  announce(userId: unknown): void {
    this.#announced.add(userId)
    this.#post(this.#name, userId)
  }

  /** A tab of another app announces a user of its own. */
  announceOfAnotherApp(userId: unknown): void {
    this.#post(`${this.#name}:https://another-provider.example`, userId)
  }

  /** The page's identity has changed. */
  expectAnnouncement(userId: string | null): void {
    if (!this.#announced.has(userId))
      this.#due.push(userId)
    this.#announced.clear()
  }

  /**
   * The provider has confirmed or refuted the announcement. From now on, this page may announce the
   * same user.
   */
  rest(): void {
    this.#announced.clear()
  }

  /** Identity changes of the page that it has not announced. */
  takeFaults(): string[] {
    const told = this.#channels.messages.slice(this.#seen).map(({ data }) => data)
    this.#seen = this.#channels.messages.length
    return this.#due.splice(0).filter(userId => !told.includes(userId)).map(userId => `the change to ${userId} is not announced`)
  }

  #post(name: string, data: unknown): void {
    const tab = new BroadcastChannel(name)
    tab.postMessage(data)
    tab.close()
    // This message is not the page's own.
    this.#channels.messages.pop()
  }
}
