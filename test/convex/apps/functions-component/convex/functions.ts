import { defineAuthFunctions } from '../../../../../src/convex/index'
import { components } from './_generated/api'
import { action, mutation, query } from './_generated/server'
import { createAuth } from './auth'
import schema from './betterAuth/schema'

export const {
  authedAction,
  authedCtx,
  authedMutation,
  authedQuery,
  getAuth,
  getAuthUser,
  getAuthUserId,
  getAuthUserIdentity,
  getHeaders,
  getSession,
  isMember,
  optionalAuthedCtx,
  safeGetAuthUser,
  safeGetAuthUserId,
  safeGetAuthUserIdentity,
  safeGetHeaders,
  safeGetSession,
  withAuth,
} = defineAuthFunctions({ component: components.betterAuth, schema, query, mutation, action, createAuth })
