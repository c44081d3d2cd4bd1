/** The id of an identity. */

/** A user's id, `null` for anonymous, or `undefined` while the identity is not known. */
export type IdentityId = string | null | undefined
