/** Resolves imports of Vite to the version that the workspace `line-7` beside this file has. */
import type { Plugin } from 'vitest/config'
import { join } from 'node:path'

const IMPORTER = join(import.meta.dirname, 'line-7/package.json')

/** With this plugin, the library and the tests use Vite 7. */
export function resolveVite7(): Plugin {
  return {
    name: 'resolve-vite-7',
    enforce: 'pre',
    async resolveId(id) {
      if (id === 'vite')
        return await this.resolve(id, IMPORTER, { skipSelf: true })
    },
  }
}
