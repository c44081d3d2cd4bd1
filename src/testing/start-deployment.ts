/** Starts an embedded deployment in a thread of its own. */
import type { FunctionReference } from 'convex/server'
import type { Value } from 'convex/values'
import type { CallOptions, Deployment, DeploymentOptions } from './deployment.ts'
import type { Outcome } from './runtime/call.ts'
import type { FunctionKind } from './runtime/functions-catalog.ts'
import type { AccessOptions } from './server/access.ts'
import type { ServerUrls } from './server/ports.ts'
import type { ReloadReporter } from './watch-functions.ts'
import { resolve } from 'node:path'
import process from 'node:process'
import { getFunctionName } from 'convex/server'
import { ConvexError, convexToJson, jsonToConvex } from 'convex/values'
import { findFunctions } from '../project/functions-folder.ts'
import { isNodeSupported } from '../versions/node-version.ts'
import { createAdminKey, readVariables } from './app-settings.ts'
import { codegen } from './codegen.ts'
import { requireSiteUrl, resolveAccess } from './server/access.ts'
import { testingError } from './testing-error.ts'
import { DeploymentThread } from './thread/deployment-thread.ts'
import { readSockets } from './thread/read-sockets.ts'
import { watchFunctions } from './watch-functions.ts'

/** Reports only failures, since the log of the deployment shows the functions that run. */
const TERMINAL: ReloadReporter = { failed: error => console.error(String(error)), loaded: () => {} }

/**
 * Starts a Convex deployment inside this process. It runs the app's real functions and components
 * over the real protocols, without an account or a network. The data exists until the deployment is
 * closed, unless `data` names a folder. For tests and development only.
 *
 * @throws ConvueError `NODE_UNSUPPORTED`, `PEER_MISSING`, `FUNCTIONS_INVALID`,
 * `DEPLOYMENT_OPTION_INVALID`, `FOLDER_IN_USE` if another deployment uses `data`, or
 * `DEPLOYMENT_FAILED` if a port is in use or the folder is unusable.
 * @example
 * const deployment = await startDeployment({ functions: './convex' })
 * const asAda = { identity: { subject: 'ada' } }
 * await deployment.mutation(api.tasks.add, { text: 'Write a test' }, asAda)
 * await deployment.close()
 */
export async function startDeployment(options: DeploymentOptions = {}): Promise<Deployment> {
  const { node: version } = process.versions
  if (!isNodeSupported(version))
    throw testingError('NODE_UNSUPPORTED', { version })
  const functions = findFunctions(options.functions)
  const data = options.data === undefined ? null : resolve(options.data)
  const readEnv = (): Record<string, string> => ({ ...readVariables(functions), ...options.env })
  const env = readEnv()
  requireSiteUrl(env.SITE_URL)
  const siteUrl = options.siteUrl ?? 'http://localhost:5173'
  const adminKey = options.adminKey ?? createAdminKey(data)
  const readAccess = (): AccessOptions =>
    resolveAccess({ siteUrl, allowedOrigins: options.allowedOrigins, allowedHosts: options.allowedHosts })
  const access = readAccess()
  if (options.watch)
    await codegen({ functions })
  const { limits = 'enforce' } = options
  const thread = new DeploymentThread({ limits })
  try {
    const urls = await thread.ask<ServerUrls>({
      type: 'start',
      options: {
        functions,
        siteUrl,
        access,
        port: options.port ?? 0,
        sitePort: options.sitePort ?? 0,
        env,
        limits,
        moduleState: options.moduleState ?? 'shared',
        errors: options.errors ?? 'development',
        adminKey,
        data,
      },
    })
    const appOrigin = new URL(env.SITE_URL ?? siteUrl).origin
    const reload = (): Promise<void> => thread.ask<void>({ type: 'reload', env: readEnv(), access: readAccess() })
    const stopWatching = options.watch ? watchFunctions(functions, reload, TERMINAL) : () => {}
    return createDeployment(thread, { ...urls, appOrigin, adminKey }, { reload, stopWatching })
  }
  catch (error) {
    await thread.terminate()
    throw error
  }
}

function createDeployment(
  thread: DeploymentThread,
  urls: ServerUrls & Pick<Deployment, 'appOrigin' | 'adminKey'>,
  { reload, stopWatching }: { reload: () => Promise<void>, stopWatching: () => void },
): Deployment {
  const run = (kind: FunctionKind) => async (
    reference: FunctionReference<any, any>,
    args: Record<string, Value> = {},
    options: CallOptions = {},
  ) => {
    const call = { name: getFunctionName(reference), args: convexToJson(args), identity: options.identity ?? null }
    return decodeOutcome(await thread.ask<Outcome>({ type: 'run', kind, call }))
  }
  let closing: Promise<void> | undefined
  const close = async (): Promise<void> => {
    stopWatching()
    await thread.ask({ type: 'close' })
    await thread.terminate()
  }
  return {
    ...urls,
    log: thread.log,
    get connections() {
      return [...thread.connections.values()]
    },
    query: run('query') as Deployment['query'],
    mutation: run('mutation') as Deployment['mutation'],
    action: run('action') as Deployment['action'],
    settled: async () => {
      await thread.ask({ type: 'settled' })
      await readSockets()
    },
    disconnectAll: () => thread.ask({ type: 'disconnectAll' }),
    advanceClock: ms => thread.ask({ type: 'advanceClock', ms }),
    restart: () => thread.ask({ type: 'restart' }),
    reload,
    setEnv: (name, value) => thread.ask({ type: 'setEnv', name, value }),
    export: ({ files = true } = {}) => thread.ask({ type: 'export', includesFiles: files }),
    import: archive => thread.ask({ type: 'import', archive }),
    wipe: () => thread.ask({ type: 'wipe' }),
    close: () => closing ??= close(),
  }
}

function decodeOutcome(outcome: Outcome): any {
  if (outcome.status === 'success')
    return jsonToConvex(JSON.parse(outcome.json))
  if (outcome.data === undefined)
    throw new Error(outcome.message)
  throw Object.assign(new ConvexError(outcome.message), { data: jsonToConvex(outcome.data) })
}
