/** The mutations that the clients of a tab have sent through the worker, and may repeat. */
import type { CallId, NumberedCall } from './hub/call-numbers.ts'

/**
 * If the worker ends, another worker cannot know whether these mutations have run. Their numbers
 * let the deployment recognize them when the clients repeat them.
 */
export class UnsettledCalls {
  /** By the URL of the deployment, and then by client and id. */
  readonly #calls = new Map<string, Map<string, NumberedCall>>()

  add(url: string, call: NumberedCall): void {
    const calls = this.#calls.get(url) ?? new Map<string, NumberedCall>()
    this.#calls.set(url, calls)
    calls.set(keyOf(call), call)
  }

  remove(url: string, call: CallId): void {
    this.#calls.get(url)?.delete(keyOf(call))
  }

  /** The mutations by deployment. */
  list(): { url: string, calls: NumberedCall[] }[] {
    return [...this.#calls]
      .map(([url, calls]) => ({ url, calls: [...calls.values()] }))
      .filter(({ calls }) => calls.length > 0)
  }
}

function keyOf({ client, requestId }: CallId): string {
  return `${client} ${requestId}`
}
