import { defineSchema, defineTable } from 'convex/server'
import { v } from 'convex/values'

const text = v.optional(v.union(v.null(), v.string()))
const time = v.optional(v.union(v.null(), v.number()))

/** The tables of Better Auth with the plugins `admin` and `organization`. */
export default defineSchema({
  user: defineTable({
    name: v.string(),
    email: v.string(),
    emailVerified: v.boolean(),
    image: text,
    createdAt: v.number(),
    updatedAt: v.number(),
    userId: text,
    role: text,
    banned: v.optional(v.union(v.null(), v.boolean())),
    banReason: text,
    banExpires: time,
  })
    .index('email_name', ['email', 'name'])
    .index('name', ['name'])
    .index('userId', ['userId']),
  session: defineTable({
    expiresAt: v.number(),
    token: v.string(),
    createdAt: v.number(),
    updatedAt: v.number(),
    ipAddress: text,
    userAgent: text,
    userId: v.string(),
    impersonatedBy: text,
    activeOrganizationId: text,
  })
    .index('expiresAt', ['expiresAt'])
    .index('expiresAt_userId', ['expiresAt', 'userId'])
    .index('token', ['token'])
    .index('userId', ['userId']),
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
  })
    .index('accountId', ['accountId'])
    .index('accountId_providerId', ['accountId', 'providerId'])
    .index('providerId_userId', ['providerId', 'userId'])
    .index('userId', ['userId']),
  verification: defineTable({
    identifier: v.string(),
    value: v.string(),
    expiresAt: v.number(),
    createdAt: v.number(),
    updatedAt: v.number(),
  })
    .index('expiresAt', ['expiresAt'])
    .index('identifier', ['identifier']),
  jwks: defineTable({ publicKey: v.string(), privateKey: v.string(), createdAt: v.number(), expiresAt: time }),
  organization: defineTable({ name: v.string(), slug: v.string(), logo: text, createdAt: v.number(), metadata: text })
    .index('name', ['name'])
    .index('slug', ['slug']),
  member: defineTable({ organizationId: v.string(), userId: v.string(), role: v.string(), createdAt: v.number() })
    .index('organizationId_userId', ['organizationId', 'userId'])
    .index('organizationId', ['organizationId'])
    .index('userId', ['userId'])
    .index('role', ['role']),
  invitation: defineTable({
    organizationId: v.string(),
    email: v.string(),
    role: text,
    status: v.string(),
    expiresAt: v.number(),
    createdAt: v.number(),
    inviterId: v.string(),
  })
    .index('organizationId', ['organizationId'])
    .index('email', ['email'])
    .index('inviterId', ['inviterId']),
})
