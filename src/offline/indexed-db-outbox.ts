/** `indexedDbOutbox`: an outbox that stores the calls in the browser's IndexedDB. */
import type { Outbox } from '../plugin/outbox.ts'
import { connectOutbox } from './connected-outbox.ts'
import { openOutboxDatabase } from './outbox-database.ts'

/** Options of {@link indexedDbOutbox}. */
export interface IndexedDbOutboxOptions {
  /**
   * The name of the database. Several apps on one origin may use the same database: the calls of
   * each deployment and each user are separate.
   *
   * @default 'convue-outbox'
   */
  name?: string
  /**
   * What happens to the stored calls of a user who signs out, or whose session ends:
   *
   * - `'keep'`: they remain on the device, unencrypted, and run when this user signs in again
   * - `'clear'`: they are removed, and never run
   *
   * @default 'keep'
   */
  onSignOut?: 'keep' | 'clear'
}

/**
 * A durable outbox for the option `outbox` of `createConvex`. Mutations with `offline: true` are
 * stored before they are sent, and remain stored until they have run.
 *
 * @example
 * createConvex({ url, authClient, outbox: indexedDbOutbox() })
 */
export function indexedDbOutbox({ name = 'convue-outbox', onSignOut = 'keep' }: IndexedDbOutboxOptions = {}): Outbox {
  return {
    connect: page => connectOutbox({
      ...page,
      database: openOutboxDatabase(name),
      clearsOnSignOut: onSignOut === 'clear',
    }),
  }
}
