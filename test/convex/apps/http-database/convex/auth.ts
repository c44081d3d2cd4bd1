import type { AuthDatabaseFunctions } from '../../../../../src/convex/index'
import { ConvexError } from 'convex/values'
import { defineAuthDatabase } from '../../../../../src/convex/index'
import { internal } from './_generated/api'
import schema from './schema'

const functions: AuthDatabaseFunctions = internal.auth

export const database = defineAuthDatabase({
  schema,
  functions,
  triggers: {
    user: {
      beforeCreate: (_ctx, { name }) => {
        if (name === 'Refused')
          throw new ConvexError({ code: 'NAME_REFUSED' })
        if (name === 'Broken')
          throw new Error(`The trigger failed for ${name}.`)
      },
    },
  },
})
export const { readAuthTables, writeAuthTables, findOne } = database.functions
