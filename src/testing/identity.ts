import type { UserIdentity } from 'convex/server'

/** Whom a function runs as; `null` is nobody. */
export type Identity = (Partial<UserIdentity> & { subject: string }) | null
