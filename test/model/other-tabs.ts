import type { stubBroadcastChannel } from '../support/scripted/broadcast-channel.ts'

/** Other tabs of the browser: of the same app, and of another app of this origin on the same deployment. */
export class OtherTabs {
  readonly #channels: ReturnType<typeof stubBroadcastChannel>
  readonly #name: string
  /** What other tabs have announced since the page's identity changed, or has been at rest. */
  readonly #announced = new Set<unknown>()
  /** Identities that the page has changed to, and has to announce. */
  #due: (string | null)[] = []
  /** How many messages have been looked at. */
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

  /** The provider has answered whether what was announced is true: it can be announced by this page from now on. */
  rest(): void {
    this.#announced.clear()
  }

  /** Changes of the page that other tabs have not been told of. */
  takeFaults(): string[] {
    const told = this.#channels.messages.slice(this.#seen).map(({ data }) => data)
    this.#seen = this.#channels.messages.length
    return this.#due.splice(0).filter(userId => !told.includes(userId)).map(userId => `the change to ${userId} is not announced`)
  }

  #post(name: string, data: unknown): void {
    const tab = new BroadcastChannel(name)
    tab.postMessage(data)
    tab.close()
    // Not a message of the page.
    this.#channels.messages.pop()
  }
}
