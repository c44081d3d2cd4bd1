/** The identity that a function runs as. */
import type { UserIdentity } from 'convex/server'

/** The identity that a function runs as; `null` is anonymous. */
export type Identity = (Partial<UserIdentity> & { subject: string }) | null
