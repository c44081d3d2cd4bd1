import type { stubBroadcastChannel } from '../support/scripted/broadcast-channel.ts'

/**
 * Other tabs of the browser: of the same app, and of another app of this origin on the same
 * deployment.
 */
export class OtherTabs {
  readonly #channels: ReturnType<typeof stubBroadcastChannel>
  readonly #name: string
  /**
   * The users that other tabs have announced since the page's identity last changed or the page
   * last settled.
   */
  readonly #announced = new Set<unknown>()
  /** The identities that the page has changed to and must announce. */
  #due: (string | null)[] = []
  /** How many messages have been checked. */
  #seen = 0

  constructor(channels: ReturnType<typeof stubBroadcastChannel>, url: string) {
    this.#channels = channels
    this.#name = `convue:${url}`
  }

  /**
   * A tab of the same app announces its current user, `null` for anonymous. The announcement may be
   * wrong.
   */
  announce(userId: unknown): void {
    this.#announced.add(userId)
    this.#post(this.#name, userId)
  }

  /** A tab of the same app has deleted the stored results of a user. */
  announceDeletion(userId: string): void {
    this.#post(`convue results:convue:${this.#name.replace('convue:', '')}`, `user ${userId}`)
  }

  /** A tab of another app announces the user of that app. */
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
   * The page has settled: the provider has confirmed or refuted all announcements. From now on, the
   * page must announce a change to one of these users again.
   */
  settle(): void {
    this.#announced.clear()
  }

  /** Identity changes of the page that it has not announced. */
  takeFaults(): string[] {
    const announced = this.#channels.messages.slice(this.#seen).filter(({ channel }) => channel === this.#name).map(({ data }) => data)
    this.#seen = this.#channels.messages.length
    return this.#due.splice(0).filter(userId => !announced.includes(userId)).map(userId => `the change to ${userId} is not announced`)
  }

  #post(name: string, data: unknown): void {
    const tab = new BroadcastChannel(name)
    tab.postMessage(data)
    tab.close()
    // The page did not post this message.
    this.#channels.messages.pop()
  }
}
