/** The options of `ConvexClient` that an app may set, and the check that it sets no others. */
import type { ConvexClientOptions } from 'convex/browser'
import { diagnose } from '../errors/catalogue.ts'

/**
 * Options that Convue needs for itself: `disabled` leaves no client, `expectAuth` pauses an
 * anonymous client permanently, and `initialAuthTokenReuse` decides how often a client
 * authenticates.
 */
const RESERVED = ['disabled', 'expectAuth', 'initialAuthTokenReuse'] as const

/** Options of every `ConvexClient` that Convue opens. */
export interface ConvexClientSettings extends Omit<ConvexClientOptions, typeof RESERVED[number]> {
  /**
   * Whether the browser asks for confirmation before the user leaves the page while a mutation, an
   * action or an upload is pending. Convue has one such warning for all of its clients.
   *
   * @default true
   */
  unsavedChangesWarning?: boolean
}

/** @throws {ConvueError} `CLIENT_OPTION_INVALID` */
export function assertClientSettings(settings: ConvexClientSettings): void {
  for (const option of RESERVED) {
    if ((settings as ConvexClientOptions)[option] !== undefined)
      throw diagnose('CLIENT_OPTION_INVALID', option)
  }
}
