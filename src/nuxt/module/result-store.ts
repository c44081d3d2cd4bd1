/** The store for results of queries, which a build contains only with the option `persist`. */
import type { ResolvedOptions } from './options.ts'
import { addTemplate } from 'nuxt/kit'

export function addResultStore({ persist, server }: ResolvedOptions): void {
  addTemplate({
    filename: 'convue/result-store.mjs',
    write: true,
    getContents: () => persist
      ? templateOf({ cookiePrefix: server.cookiePrefix, ...persist === true ? {} : persist })
      : 'export const createResultStore = () => undefined\n',
  })
}

function templateOf(options: object): string {
  return 'import { indexedDbStore } from \'convue/persist\'\n'
    + `export const createResultStore = readAfter => indexedDbStore({ ...${JSON.stringify(options)}, readAfter })\n`
}
