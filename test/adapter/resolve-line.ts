/** Resolves imports of Better Auth to the versions that one of the workspaces beside this file has. */
import type { Plugin } from 'vitest/config'
import { join } from 'node:path'

/** A minor version of Better Auth, with the name of its workspace. */
export type Line = 'line-1.6' | 'line-1.7'

/** With this plugin, the library and the tests use Better Auth in the version of this line. */
export function resolveLine(line: Line): Plugin {
  const importer = join(import.meta.dirname, line, 'package.json')
  return {
    name: `resolve-${line}`,
    enforce: 'pre',
    async resolveId(id) {
      if (/^(?:better-auth|@better-auth\/[\w-]+)(?:\/|$)/.test(id))
        return await this.resolve(id, importer, { skipSelf: true })
    },
  }
}
