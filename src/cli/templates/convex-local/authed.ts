import { defineAuthFunctions } from 'convue/convex'
import { action, mutation, query } from './_generated/server'
import { createAuth, functions } from './auth'

/** Functions that run only for a signed-in user, with this user as `ctx.user`. */
export const { authedAction, authedMutation, authedQuery } = defineAuthFunctions({
  query,
  mutation,
  action,
  createAuth,
  functions,
})
