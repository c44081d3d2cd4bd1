import { defineAuthFunctions } from 'convue/convex'
import { components } from './_generated/api'
import { action, mutation, query } from './_generated/server'
import { createAuth } from './auth'

export const { authedMutation, authedQuery } = defineAuthFunctions({
  component: components.betterAuth,
  query,
  mutation,
  action,
  createAuth,
})
