/** `convue env sync`: sets the variables that the functions need. */
import type { SyncedVariable, VariableStore } from '../env/sync-env.ts'
import { join, relative, resolve } from 'node:path'
import process from 'node:process'
import { defineCommand } from 'citty'
import { findFunctions } from '../../project/functions-folder.ts'
import { DATA_ARGS } from '../data-args.ts'
import { fileStore, readEnvFile } from '../env/env-file.ts'
import { readSiteUrl, requireSiteUrl, withoutLocal } from '../env/production.ts'
import { deploymentStore, syncEnv } from '../env/sync-env.ts'
import { findConfiguredTarget, findEmbeddedTarget } from '../official-convex.ts'
import { style, withProgress } from '../terminal.ts'

const sync = defineCommand({
  meta: {
    name: 'sync',
    description: 'Set the variables of convex/.env on the deployment: the embedded one if it runs, or else that of '
      + 'CONVEX_DEPLOYMENT. Without either, --auth completes convex/.env',
  },
  args: {
    ...DATA_ARGS,
    'auth': {
      type: 'boolean',
      description: 'Create BETTER_AUTH_SECRET, and JWKS if the functions use it, where they are missing',
    },
    'prod': {
      type: 'boolean',
      description: 'Use the production deployment, also before the first functions are deployed to it. '
        + 'It gets a secret and keys of its own, never those of convex/.env',
    },
    'file': { type: 'string', description: 'File with the variables (default: .env in the folder of the functions)' },
    'site-url': { type: 'string', valueHint: 'url', description: 'Value of SITE_URL: the origin of the page' },
  },
  async run({ args }) {
    const functions = findFunctions(undefined)
    const file = resolve(args.file ?? join(functions, '.env'))
    const { store, name, isEmbedded } = await findStore({ data: args.data, prod: args.prod ?? false, file })
    const wanted = args.prod ? withoutLocal(readEnvFile(file)) : readEnvFile(file)
    if (args['site-url'] !== undefined)
      wanted.SITE_URL = readSiteUrl(args['site-url'])
    const auth = args.auth ?? false
    if (args.prod && auth && !wanted.SITE_URL && !(await store.read()).SITE_URL)
      wanted.SITE_URL = await requireSiteUrl()
    const variables = await withProgress(`Comparing the variables of ${name}`, () =>
      syncEnv(store, { functions, wanted, auth }))
    // The embedded deployment reads the file when it starts again, so the file must have this value
    // too.
    if (args['site-url'] !== undefined && isEmbedded)
      await fileStore(file).write({ SITE_URL: wanted.SITE_URL! })
    printVariables(variables)
    if (args.prod && variables.some(({ change }) => change !== 'unchanged'))
      console.log('\nNow deploy the functions: npx convex deploy')
  },
})

interface FoundStore {
  store: VariableStore
  name: string
  /** Whether the store is the embedded deployment, which reads the file when it starts. */
  isEmbedded: boolean
}

/**
 * The place of the variables: a deployment, or else the file `file`, which the embedded deployment
 * reads when it starts.
 */
async function findStore(
  { data, prod, file }: { data: string, prod: boolean, file: string },
): Promise<FoundStore> {
  const embedded = prod ? null : await findEmbeddedTarget(data)
  const target = embedded ?? findConfiguredTarget({ prod })
  if (target)
    return { store: deploymentStore(target), name: target.name, isEmbedded: embedded !== null }
  return { store: fileStore(file), name: relative(process.cwd(), file), isEmbedded: false }
}

function printVariables(variables: SyncedVariable[]): void {
  if (variables.length === 0)
    console.log('There are no variables to set. Write them into convex/.env, or add --auth.')
  for (const { name, change } of variables)
    console.log(`${change === 'unchanged' ? style('dim', '-') : style('green', '✔')} ${name}: ${change}`)
}

export default defineCommand({
  meta: { name: 'env', description: 'Variables of the functions' },
  subCommands: { sync: async () => sync },
})
