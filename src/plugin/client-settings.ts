/** The options of `ConvexClient` that an app may set, and a check that it sets no other options. */
import type { ConvexClientOptions } from 'convex/browser'
import type { TokenSharing } from '../token/token-source.ts'
import { diagnose } from '../errors/diagnose.ts'

/**
 * The options that Convue sets itself. `disabled` would disable all clients, `expectAuth` would
 * pause the anonymous client permanently, and `initialAuthTokenReuse` determines how often a client
 * authenticates.
 *
 * @see docs/contributing/convex-client.md#authentication
 * @see docs/contributing/convex-client.md#connecting
 */
const RESERVED = ['disabled', 'expectAuth', 'initialAuthTokenReuse'] as const

/** Options of all `ConvexClient`s that Convue opens. */
export interface ConvexClientSettings extends Omit<ConvexClientOptions, typeof RESERVED[number]> {
  /**
   * Whether the browser asks for confirmation before the user leaves the page while a mutation, an
   * action or an upload is pending. Convue has one such warning for all of its clients.
   *
   * @default true
   */
  unsavedChangesWarning?: boolean
  /**
   * The class of all sockets. With the class that `sharedTabs` of `convue/tabs` returns, all tabs
   * share their connection and their tokens.
   *
   * @default WebSocket
   */
  webSocketConstructor?: typeof WebSocket & Partial<TokenSharing>
}

/** @throws {ConvueError} `CLIENT_OPTION_INVALID` */
export function assertClientSettings(settings: ConvexClientSettings): void {
  for (const option of RESERVED) {
    if ((settings as ConvexClientOptions)[option] !== undefined)
      throw diagnose('CLIENT_OPTION_INVALID', option)
  }
}
