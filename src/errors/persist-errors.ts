/** Errors of `convue/persist`. */
import type { ErrorDefinition } from './error-definition.ts'

export const persistErrors = {
  STORE_UNAVAILABLE: {
    scopes: ['persist'],
    why: 'The browser does not store results of queries: its IndexedDB is blocked, full or broken.',
    fix: 'Nothing needs to be done, since the app works as it does without `persist`. Check whether the page runs in '
      + 'private mode, and whether the browser has free storage.',
  },
} satisfies Record<string, ErrorDefinition>
