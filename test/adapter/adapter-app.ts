/** An app on the embedded deployment whose auth tables are generated again for each test's options. */
import type { BetterAuthOptions } from 'better-auth'
import type { AnySchema } from '../../src/convex/database/tables.ts'
import type { Deployment } from '../../src/testing/index.ts'
import { join } from 'node:path'
import { makeFunctionReference } from 'convex/server'
import { defineAuthDatabase } from '../../src/convex/database/index.ts'
import { convexDatabase } from '../../src/convex/http-database/index.ts'
import { startDeployment } from '../../src/testing/index.ts'
import { createFolder, removeFolder, writeFunctions } from '../testing/functions-folder.ts'

const CONVUE = JSON.stringify(join(import.meta.dirname, '../../src/convex/index.ts'))

const FUNCTIONS = `
import { defineAuthDatabase } from ${CONVUE}
import { anyApi } from 'convex/server'
import schema from './schema'

export const database = defineAuthDatabase({ schema, functions: anyApi.auth, onUnindexed: 'warn' })
export const { readAuthTables, writeAuthTables } = database.functions
`

const SECRET = 'a-secret-that-only-these-tests-use'

const ROUTE = `
import { registerAuthDatabaseRoute } from ${CONVUE}
import { httpRouter } from 'convex/server'
import { database } from './auth'
import schema from './schema'

const http = httpRouter()
registerAuthDatabaseRoute(http, { database, tables: Object.keys(schema.tables), secrets: ['${SECRET}'] })
export default http
`

const SCHEMA = `
import { defineSchema } from 'convex/server'
import { authTables } from './authTables.VERSION'

export default defineSchema(authTables)
`

const functions = {
  readAuthTables: makeFunctionReference<'query'>('auth:readAuthTables'),
  writeAuthTables: makeFunctionReference<'mutation'>('auth:writeAuthTables'),
} as never

type Database = ReturnType<typeof defineAuthDatabase>

/** The value of Better Auth's option `database`. */
export type Adapter = ReturnType<Database['adapter']>

/** How the adapter's statements reach the deployment: by its internal functions, or by its HTTP route. */
export type Transport = 'functions' | 'http'

export interface AdapterApp {
  adapter: Adapter
  /** Generates the tables for these options, and deploys the app again, without data. */
  deploy: (options: BetterAuthOptions) => Promise<void>
  close: () => Promise<void>
}

export async function createAdapterApp(options: BetterAuthOptions, transport: Transport = 'functions'): Promise<AdapterApp> {
  const folder = await createFolder()
  let version = 0
  let database: Database
  let deployment: Deployment | undefined
  const ctx = {
    runQuery: async (reference: any, args: any) => await deployment!.query(reference, args),
    runMutation: async (reference: any, args: any) => await deployment!.mutation(reference, args),
  }
  const deploy = async (options: BetterAuthOptions): Promise<void> => {
    const { createSchema } = database.adapter({} as never)(options)
    const { code } = await createSchema!(options, 'authTables.ts')
    // Each version has a name of its own, since this process keeps the modules that it has imported.
    version++
    await writeFunctions(folder, {
      [`authTables.${version}.ts`]: code,
      [`schema.${version}.ts`]: SCHEMA.replace('VERSION', String(version)),
      'schema.ts': `export { default } from './schema.${version}'`,
      'auth.ts': FUNCTIONS,
      'http.ts': ROUTE,
    })
    const { default: schema } = await import(/* @vite-ignore */ join(folder, `schema.${version}.ts`)) as { default: AnySchema }
    database = defineAuthDatabase({ schema, functions, onUnindexed: 'warn' })
    await deployment?.wipe()
    await deployment?.reload()
  }
  // The adapter that generates the first tables does not need any tables itself.
  database = defineAuthDatabase({ schema: { tables: {} } as never })
  await deploy(options)
  deployment = await startDeployment({ functions: folder, limits: 'enforce' })
  const remote = convexDatabase({ siteUrl: deployment.siteUrl, secret: SECRET })
  return {
    adapter: options => transport === 'http' ? remote(options) : database.adapter(ctx as never)(options),
    deploy,
    close: async () => {
      await deployment.close()
      await removeFolder(folder)
    },
  }
}
