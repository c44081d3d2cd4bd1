/** Errors of `convue/tabs`, which are warnings in development: the tab uses a socket of its own. */
import type { ErrorDefinition } from './error-definition.ts'

const REASONS = {
  unsupported: 'This browser has no `SharedWorker` or no Web Locks, or the page has no secure origin (HTTPS or '
    + 'localhost).',
  failed: 'The shared worker could not be started.',
  silent: 'The shared worker has not answered for twenty seconds.',
  refused: 'The shared worker belongs to another version of Convue.',
  unknownMessage: 'The shared worker has received a message that it does not understand.',
}

export const tabsErrors = {
  TABS_NOT_SHARED: {
    scopes: ['tabs'],
    why: (reason: keyof typeof REASONS): string => REASONS[reason],
    fix: 'This tab works, with a connection of its own. Check that the function that you pass to `sharedTabs` starts '
      + 'the worker `convue/tabs/worker`, and that the Content-Security-Policy allows it (`worker-src`).',
    reference: 'A tab could not use the connection of the other tabs, and uses a connection of its own. The message '
      + 'contains the reason. It is a warning, and appears in development only.',
    docs: 'guides/shared-tabs.md',
  },
} satisfies Record<string, ErrorDefinition>
