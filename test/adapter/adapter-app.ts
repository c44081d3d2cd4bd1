/** An app on the embedded deployment whose auth tables are generated again for each test's options. */
import type { BetterAuthOptions } from 'better-auth'
import type { AnySchema } from '../../src/convex/database/tables.ts'
import type { Deployment } from '../../src/testing/index.ts'
import { join } from 'node:path'
import { makeFunctionReference } from 'convex/server'
import { defineAuthDatabase } from '../../src/convex/database/index.ts'
import { startDeployment } from '../../src/testing/index.ts'
import { createFolder, removeFolder, writeFunctions } from '../testing/functions-folder.ts'

const FUNCTIONS = `
import { defineAuthDatabase } from ${JSON.stringify(join(import.meta.dirname, '../../src/convex/database/index.ts'))}
import schema from './schema'

export const { readAuthTables, writeAuthTables } = defineAuthDatabase({ schema }).functions
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

export interface AdapterApp {
  /** The adapter, which runs each statement through the internal functions of the deployment. */
  adapter: Adapter
  /** Generates the tables for these options, and deploys the app again, without data. */
  deploy: (options: BetterAuthOptions) => Promise<void>
  close: () => Promise<void>
}

export async function createAdapterApp(options: BetterAuthOptions): Promise<AdapterApp> {
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
    })
    const { default: schema } = await import(/* @vite-ignore */ join(folder, `schema.${version}.ts`)) as { default: AnySchema }
    database = defineAuthDatabase({ schema, functions, onUnindexed: 'warn' })
    await deployment?.wipe()
    await deployment?.reload()
  }
  // The adapter that writes the first tables needs none.
  database = defineAuthDatabase({ schema: { tables: {} } as never })
  await deploy(options)
  deployment = await startDeployment({ functions: folder, limits: 'enforce' })
  return {
    adapter: options => database.adapter(ctx as never)(options),
    deploy,
    close: async () => {
      await deployment.close()
      await removeFolder(folder)
    },
  }
}
