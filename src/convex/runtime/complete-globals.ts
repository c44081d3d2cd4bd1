/** Adds the globals that Convex's runtime lacks, and that packages used with Better Auth need. */
import { LocalMessageChannel } from './message-channel.ts'

/**
 * React's renderer for servers, which packages for mails use, creates a `MessageChannel` while its
 * module is loaded. So this file adds the global as soon as it is loaded, and `package.json` lists
 * it under `sideEffects`.
 * @see https://github.com/facebook/react/blob/main/packages/react-server/src/ReactServerStreamConfigBrowser.js
 */
const MISSING: Record<string, unknown> = { MessageChannel: LocalMessageChannel }

for (const [name, value] of Object.entries(MISSING)) {
  if (!(globalThis as Record<string, unknown>)[name])
    Object.defineProperty(globalThis, name, { value, configurable: true, enumerable: false, writable: true })
}
