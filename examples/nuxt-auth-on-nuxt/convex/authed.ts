import { defineAuthFunctions } from 'convue/convex'
import { action, mutation, query } from './_generated/server'
import { functions } from './authDatabase'

/** Functions that run only for a signed-in user: `ctx.user`. */
export const { authedMutation, authedQuery } = defineAuthFunctions({ query, mutation, action, functions })
