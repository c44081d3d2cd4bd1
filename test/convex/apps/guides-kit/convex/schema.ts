import { defineSchema, defineTable } from 'convex/server'
import { v } from 'convex/values'

const text = v.optional(v.string())
const time = v.optional(v.number())

/** The tables that the guide of the kit lists, with additions that its other snippets need. */
export default defineSchema({
  user: defineTable({
    name: v.string(),
    email: v.string(),
    emailVerified: v.boolean(),
    image: text,
    createdAt: v.number(),
    updatedAt: v.number(),
    // Fields of the plugin `admin`.
    role: text,
    banned: v.optional(v.boolean()),
    banReason: text,
    banExpires: time,
    // A field of the plugin `anonymous`.
    isAnonymous: v.optional(v.boolean()),
    // A field that the trigger sets.
    username: text,
  }).index('email', ['email']),
  session: defineTable({
    token: v.string(),
    expiresAt: v.number(),
    createdAt: v.number(),
    updatedAt: v.number(),
    ipAddress: text,
    userAgent: text,
    userId: v.string(),
    impersonatedBy: text,
  }).index('token', ['token']).index('userId', ['userId']),
  account: defineTable({
    accountId: v.string(),
    providerId: v.string(),
    userId: v.string(),
    accessToken: text,
    refreshToken: text,
    idToken: text,
    accessTokenExpiresAt: time,
    refreshTokenExpiresAt: time,
    scope: text,
    password: text,
    createdAt: v.number(),
    updatedAt: v.number(),
  }).index('accountId', ['accountId']).index('userId', ['userId']),
  verification: defineTable({
    identifier: v.string(),
    value: v.string(),
    expiresAt: v.number(),
    createdAt: time,
    updatedAt: time,
    // The guide lacks the index on `expiresAt`, with which Better Auth finds expired rows to delete.
  }).index('identifier', ['identifier']).index('expiresAt', ['expiresAt']),
  // The guide lacks the field `expiresAt`, without which no key can be rotated.
  jwks: defineTable({ publicKey: v.string(), privateKey: v.string(), createdAt: v.number(), expiresAt: time }),
  mails: defineTable({ to: v.string() }),
  profiles: defineTable({ userId: v.string(), bio: v.string() }).index('userId', ['userId']),
})
