import { customMutation } from 'convex-helpers/server/customFunctions'
import { v } from 'convex/values'
import { defineAuthFunctions, defineOfflineMutation } from '../../../../../src/convex/index'
import { action, mutation, query } from './_generated/server'

/** The tests issue the tokens themselves, and call no function of Better Auth here. */
function createAuth(): never {
  throw new Error('not needed')
}

const { authedMutation } = defineAuthFunctions({ query, mutation, action, createAuth })

const taggedMutation = customMutation(mutation, {
  args: { tag: v.string() },
  input: async (_ctx, { tag }) => ({ ctx: { tag }, args: {} }),
})

export const offlineMutation = defineOfflineMutation(mutation)
export const offlineAuthedMutation = defineOfflineMutation(authedMutation)
export const offlineTaggedMutation = defineOfflineMutation(taggedMutation, { table: 'otherKeys', keepForMs: 60_000 })

/** The other way round: the key is checked before the user is read. */
export const { authedMutation: authedOfflineMutation } = defineAuthFunctions({
  query,
  mutation: offlineMutation,
  action,
  createAuth,
})
