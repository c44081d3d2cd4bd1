/** Errors of mutations with `offline: true`, which a durable outbox stores. */
import type { ErrorDefinition } from './error-definition.ts'

export const outboxErrors = {
  OUTBOX_MISSING: {
    scopes: ['client'],
    why: 'A mutation has the option `offline`, or `useConvexOutbox` was called, but the plugin has no outbox.',
    fix: 'Pass `outbox: indexedDbOutbox()` of `convue/offline` to `createConvex`.',
    docs: 'reference/outbox.md',
  },
  OUTBOX_ANONYMOUS: {
    scopes: ['client'],
    why: 'A mutation with `offline: true` was called anonymously, so it was neither stored nor sent.',
    fix: 'Call it only while a user is signed in. A stored call runs as the user who made it.',
    docs: 'reference/outbox.md#whose-calls',
  },
  OUTBOX_UNAVAILABLE: {
    scopes: ['client'],
    why: 'The browser cannot store the call, so it was not sent either: the storage is full or blocked, or the page '
      + 'does not have a secure address (`https`).',
    fix: 'Read the `cause` of the error. Call the mutation without `offline` if it may be lost with the page.',
    docs: 'reference/outbox.md#if-nothing-can-be-stored',
  },
  OUTBOX_DISCARDED: {
    scopes: ['client'],
    why: 'The stored call was discarded before it was sent, so it has no effect.',
    fix: 'Expect this error wherever your app calls `discard` or `clear` of `useConvexOutbox`.',
    docs: 'reference/outbox.md',
  },
  OFFLINE_MUTATION_REQUIRED: {
    scopes: ['client'],
    why: (name: string): string => `The mutation ${name} was called with \`offline: true\`, but it does not accept the `
      + 'key of a stored call.',
    fix: 'Define it with a builder of `defineOfflineMutation` from `convue/convex`.',
    reference: 'A mutation was called with `offline: true`, but it does not accept the key of a stored call.',
    docs: 'reference/outbox.md#the-mutation',
  },
} satisfies Record<string, ErrorDefinition>
