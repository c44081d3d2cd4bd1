import { defineTable } from 'convex/server'
import { v } from 'convex/values'

const optional = v.optional(v.union(v.null(), v.string()))
const optionalNumber = v.optional(v.union(v.null(), v.number()))

export const authTables = {
  user: defineTable({
    name: v.string(),
    email: v.string(),
    emailVerified: v.boolean(),
    image: optional,
    invitedBy: v.optional(v.union(v.null(), v.id('user'))),
    createdAt: v.number(),
    updatedAt: v.number(),
  }).index('by_email', ['email']).index('by_invitedBy', ['invitedBy']),
  session: defineTable({
    expiresAt: v.number(),
    token: v.string(),
    createdAt: v.number(),
    updatedAt: v.number(),
    ipAddress: optional,
    userAgent: optional,
    userId: v.id('user'),
  }).index('by_token', ['token']).index('by_userId', ['userId']).index('by_expiresAt', ['expiresAt']),
  account: defineTable({
    accountId: v.string(),
    providerId: v.string(),
    userId: v.id('user'),
    accessToken: optional,
    refreshToken: optional,
    idToken: optional,
    accessTokenExpiresAt: optionalNumber,
    refreshTokenExpiresAt: optionalNumber,
    scope: optional,
    password: optional,
    createdAt: v.number(),
    updatedAt: v.number(),
  }).index('by_userId', ['userId']).index('by_accountId_providerId', ['accountId', 'providerId']),
  verification: defineTable({
    identifier: v.string(),
    value: v.string(),
    expiresAt: v.number(),
    createdAt: v.number(),
    updatedAt: v.number(),
    id: v.optional(v.string()),
  }).index('by_identifier', ['identifier']).index('by_expiresAt', ['expiresAt']).index('by_id_field', ['id']),
}
