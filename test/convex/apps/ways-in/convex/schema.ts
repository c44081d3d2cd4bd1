import { defineSchema, defineTable } from 'convex/server'
import { v } from 'convex/values'

const text = v.optional(v.union(v.null(), v.string()))
const time = v.optional(v.union(v.null(), v.number()))
const flag = v.optional(v.union(v.null(), v.boolean()))

/** The tables of Better Auth with the plugins `admin`, `magicLink` and `twoFactor`. */
export default defineSchema({
  user: defineTable({
    name: v.string(),
    email: v.string(),
    emailVerified: v.boolean(),
    image: text,
    createdAt: v.number(),
    updatedAt: v.number(),
    role: text,
    banned: flag,
    banReason: text,
    banExpires: time,
    twoFactorEnabled: flag,
  }).index('by_email', ['email']),
  session: defineTable({
    token: v.string(),
    expiresAt: v.number(),
    createdAt: v.number(),
    updatedAt: v.number(),
    ipAddress: text,
    userAgent: text,
    userId: v.id('user'),
    impersonatedBy: text,
  }).index('by_token', ['token']).index('by_userId', ['userId']),
  account: defineTable({
    accountId: v.string(),
    providerId: v.string(),
    userId: v.id('user'),
    accessToken: text,
    refreshToken: text,
    idToken: text,
    accessTokenExpiresAt: time,
    refreshTokenExpiresAt: time,
    scope: text,
    password: text,
    createdAt: v.number(),
    updatedAt: v.number(),
  }).index('by_accountId', ['accountId']).index('by_userId', ['userId']),
  verification: defineTable({
    identifier: v.string(),
    value: v.string(),
    expiresAt: v.number(),
    createdAt: time,
    updatedAt: time,
  }).index('by_identifier', ['identifier']).index('by_expiresAt', ['expiresAt']),
  twoFactor: defineTable({
    secret: v.string(),
    backupCodes: v.string(),
    userId: v.id('user'),
    verified: flag,
    failedVerificationCount: time,
    lockedUntil: time,
  }).index('by_secret', ['secret']).index('by_userId', ['userId']),
  jwks: defineTable({ publicKey: v.string(), privateKey: v.string(), createdAt: v.number(), expiresAt: time }).index('by_createdAt', ['createdAt']),
  mails: defineTable({ to: v.string(), link: v.string() }).index('by_to', ['to']),
})
