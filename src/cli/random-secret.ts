/** Creates secrets, such as the value of `BETTER_AUTH_SECRET`. */
import { randomBytes } from 'node:crypto'

/** A random secret of 256 bits, whose characters no file of variables needs to quote. */
export function randomSecret(): string {
  return randomBytes(32).toString('base64url')
}
