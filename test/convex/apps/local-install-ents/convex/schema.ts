import { defineEnt, defineEntSchema } from 'convex-ents'
import { v } from 'convex/values'

const optional = v.optional(v.string())

export default defineEntSchema({
  user: defineEnt({ name: v.string(), emailVerified: v.boolean(), image: optional, createdAt: v.number(), updatedAt: v.number() })
    .field('email', v.string(), { unique: true })
    .edges('sessions', { to: 'session', ref: true })
    .edges('accounts', { to: 'account', ref: true }),
  session: defineEnt({ expiresAt: v.number(), createdAt: v.number(), updatedAt: v.number(), ipAddress: optional, userAgent: optional })
    .field('token', v.string(), { unique: true })
    .edge('user', { to: 'user' }),
  account: defineEnt({
    accountId: v.string(),
    providerId: v.string(),
    accessToken: optional,
    refreshToken: optional,
    idToken: optional,
    accessTokenExpiresAt: v.optional(v.number()),
    refreshTokenExpiresAt: v.optional(v.number()),
    scope: optional,
    password: optional,
    createdAt: v.number(),
    updatedAt: v.number(),
  }).edge('user', { to: 'user' }).index('by_account', ['accountId', 'providerId']),
  verification: defineEnt({ identifier: v.string(), value: v.string(), expiresAt: v.number(), createdAt: v.number(), updatedAt: v.number() })
    .index('by_identifier', ['identifier'])
    .index('by_expiresAt', ['expiresAt']),
})
