/** The public exports of `convue/offline`: mutations that survive a reload and a closed tab. */
export type { Outbox, OutboxCall } from '../plugin/outbox.ts'
export { indexedDbOutbox } from './indexed-db-outbox.ts'
export type { IndexedDbOutboxOptions } from './indexed-db-outbox.ts'
export { useConvexOutbox } from './use-convex-outbox.ts'
export type { UseConvexOutboxReturn } from './use-convex-outbox.ts'
