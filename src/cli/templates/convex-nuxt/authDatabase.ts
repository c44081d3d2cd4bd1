import type { AuthDatabaseFunctions, AuthTableFunctions } from 'convue/convex'
import { defineAuthDatabase } from 'convue/convex'
import { internal } from './_generated/api'
import schema from './schema'

// TypeScript needs this type, since `internal` contains the functions of this file.
export const functions: AuthDatabaseFunctions & AuthTableFunctions = internal.authDatabase

export const database = defineAuthDatabase({ schema, functions })
export const { readAuthTables, writeAuthTables, findOne } = database.functions
