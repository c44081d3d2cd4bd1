/** The error message of the command line on an old version of Node. */
import { isNodeSupported } from '../versions/node-version.ts'

/** A text for the developer; `null` if this version of Node is new enough. */
export function explainOldNode(version: string): string | null {
  if (isNodeSupported(version))
    return null
  return `error: convue needs Node 22.13 or newer, but this is Node ${version}.\n`
    + '  fix: Install a newer Node from https://nodejs.org, or run `nvm install 22` or `fnm install 22`.'
}
