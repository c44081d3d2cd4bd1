/** What the tests import of one version of Better Auth, together with `convue/convex`. */
export * from '../../../src/convex/index.ts'
export { memoryAdapter } from 'better-auth/adapters/memory'
export { createAuthEndpoint } from 'better-auth/api'
export { betterAuth } from 'better-auth/minimal'
export { genericOAuth } from 'better-auth/plugins/generic-oauth'
export { magicLink } from 'better-auth/plugins/magic-link'
export { multiSession } from 'better-auth/plugins/multi-session'
export { twoFactor } from 'better-auth/plugins/two-factor'
