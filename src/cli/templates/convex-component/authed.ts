import { defineAuthFunctions } from 'convue/convex'
import { components } from './_generated/api'
import { action, mutation, query } from './_generated/server'
import { createAuth } from './auth'

/** Functions that run only for a signed-in user, with this user as `ctx.user`. */
export const { authedAction, authedMutation, authedQuery } = defineAuthFunctions({
  component: components.betterAuth,
  query,
  mutation,
  action,
  createAuth,
})
