/** The arguments of a call, in the forms that checks and threads need. */
import type { JSONValue, Value } from 'convex/values'
import { jsonToConvex } from 'convex/values'

/**
 * Arguments in Convex's JSON encoding. Their other forms, as text and as values, are computed at
 * most once.
 */
export class CallArgs {
  readonly encoded: JSONValue
  #json: string | undefined
  #value: Value | undefined

  constructor(encoded: JSONValue) {
    this.encoded = encoded
  }

  get json(): string {
    return this.#json ??= JSON.stringify(this.encoded)
  }

  /** @throws Error if the encoding is not valid. */
  get value(): Value {
    return this.#value ??= jsonToConvex(this.encoded)
  }
}
