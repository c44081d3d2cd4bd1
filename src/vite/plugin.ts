/** The Vite plugin: connects a page to a deployment, with Better Auth on the page's origin. */
import type { Plugin, ResolvedConfig, UserConfig, ViteDevServer } from 'vite'
import type { LocalOptions, NetworkOptions } from '../dev/local-deployment.ts'
import type { Target, TargetVariables } from '../dev/target.ts'
import type { ConvueViteOptions } from './options.ts'
import { resolve } from 'node:path'
import process from 'node:process'
import { loadEnv, normalizePath } from 'vite'
import { devError } from '../dev/dev-error.ts'
import { EmbeddedDeployment } from '../dev/embedded-deployment.ts'
import { findNetwork } from '../dev/find-network.ts'
import { dataFolder, resolveOptions } from '../dev/options.ts'
import { reloadFunctions } from '../dev/reload-functions.ts'
import { servePages } from '../dev/serve-pages.ts'
import { findTarget } from '../dev/target.ts'
import { findFunctions } from '../project/functions-folder.ts'
import { findConflictWithConvue } from '../versions/version-conflicts.ts'
import { keepOriginAtRestart, originOfRestart } from './keep-origin.ts'
import { DEFAULT_PROXY } from './options.ts'
import { findOrigin } from './page-origin.ts'
import { addUrls } from './print-urls.ts'
import { proxyClients, proxyTo } from './proxy.ts'
import { restartOnSwitch } from './restart-on-switch.ts'
import { watchConvexJson } from './watch-convex-json.ts'

/** The deployment of a running server. `stop` is called when the server closes. */
type Served
  = | { kind: 'remote', url: string }
    | { kind: 'embedded', embedded: EmbeddedDeployment, releasePort: () => Promise<void>, stop: () => void }

const NO_URL = 'convue: VITE_CONVEX_URL is not set, so the built page does not know the address of its deployment. '
  + 'Set the variable for the build.'

const URL_CONSTANT = 'import.meta.env.VITE_CONVEX_URL'

/**
 * Connects a Vite app to Convex. In development, it starts an embedded deployment, unless
 * `VITE_CONVEX_URL` or `CONVEX_DEPLOYMENT` names another one. Vite's server passes requests to
 * Better Auth on to the deployment, so that cookies belong to the origin of the page. In tests,
 * the plugin does nothing, since tests start their own deployments.
 *
 * @throws ConvueError `VERSION_CONFLICT`, `DEPLOYMENT_URL_INVALID`, `SITE_URL_UNKNOWN`,
 * `SEED_INVALID`, `SEED_FAILED`, and those of `startDeployment`, when Vite starts. If functions
 * have errors, Vite starts, and the deployment starts once they are corrected.
 * @example
 * export default defineConfig({ plugins: [vue(), convue()] })
 */
export function convue(options: ConvueViteOptions = {}): Plugin {
  // On a restart, Vite configures the new server before the old one closes. Both use this plugin.
  let configured: Served | undefined
  const served = new WeakMap<ResolvedConfig, Served>()

  async function configureEmbedded(config: UserConfig): Promise<UserConfig> {
    const root = resolve(config.root ?? '.')
    const network = findNetwork(config.server ?? {}, options.siteUrl)
    const local = localOptions(options, root, network)
    const data = dataFolder(options, root)
    const known = { siteUrl: options.siteUrl, inUse: originOfRestart() }
    const { origin, port, release } = await findOrigin(config, known)
    const embedded = await EmbeddedDeployment.start(local, origin).catch(async (error) => {
      await release()
      throw error
    })
    const { url, siteUrl } = embedded
    configured = { kind: 'embedded', embedded, releasePort: release, stop: () => {} }
    return {
      ...defineUrl(url, network !== null),
      server: {
        ...port !== null && { port },
        proxy: { ...proxyTo(siteUrl, options.proxy ?? DEFAULT_PROXY), ...network && proxyClients(url) },
        watch: { ignored: data === null ? [] : [isBelow(data)] },
      },
    }
  }

  function configureRemote({ url, siteUrl }: Target & { kind: 'remote' }, variables: TargetVariables): UserConfig {
    const proxy = proxyTo(siteUrl, options.proxy ?? DEFAULT_PROXY)
    configured = { kind: 'remote', url }
    return {
      ...!variables.VITE_CONVEX_URL && { define: { [URL_CONSTANT]: JSON.stringify(url) } },
      server: { proxy },
      preview: { proxy },
    }
  }

  return {
    name: 'convue',
    async config(config, { command, mode, isPreview }) {
      configured = undefined
      if (process.env.VITEST)
        return
      requireVite(resolve(config.root ?? '.'))
      const variables = readVariables(config, mode)
      const target = findTarget(variables)
      if (target.kind === 'remote')
        return configureRemote(target, variables)
      if (command === 'serve' && !isPreview)
        return await configureEmbedded(config)
    },
    configResolved(config) {
      if (configured)
        served.set(config, configured)
      else if (config.command === 'build' && !process.env.VITEST)
        config.logger.warn(NO_URL)
    },
    configureServer(server) {
      const current = served.get(server.config)
      if (!current)
        return
      addUrls(server, describe(current, server.config.root, options))
      if (current.kind !== 'embedded')
        return
      releaseBeforeListening(server, current.releasePort)
      current.stop = serveEmbedded(server, current.embedded, options)
    },
    async closeBundle() {
      const config = this.environment.getTopLevelConfig()
      const current = served.get(config)
      served.delete(config)
      if (current?.kind !== 'embedded')
        return
      current.stop()
      await current.releasePort()
      await current.embedded.release()
    },
  }
}

/**
 * A page on another machine cannot connect to the loopback interface of this one, so it uses its
 * own origin, and Vite's server passes its requests on.
 */
function defineUrl(url: string, isShared: boolean): UserConfig {
  const own = { [URL_CONSTANT]: JSON.stringify(url) }
  if (!isShared)
    return { define: own }
  return { define: { [URL_CONSTANT]: 'globalThis.location.origin' }, environments: { ssr: { define: own } } }
}

/** Matches the paths of a folder and of all files below it. */
function isBelow(folder: string): (path: string) => boolean {
  const root = normalizePath(folder)
  return path => `${normalizePath(path)}/`.startsWith(`${root}/`)
}

/** Keeps the deployment up to date with the app's files, until the returned function is called. */
function serveEmbedded(server: ViteDevServer, embedded: EmbeddedDeployment, options: ConvueViteOptions): () => void {
  keepOriginAtRestart(server, embedded.origin)
  const stopReloading = reloadFunctions(server, embedded)
  const stopPages = servePages(server, embedded)
  watchConvexJson(server, embedded, options.functions)
  const stopBranch = restartOnSwitch(server, embedded.branch)
  return () => {
    stopReloading()
    stopPages()
    stopBranch()
  }
}

/** Keeps the port reserved for as long as possible, so that no other server takes it. */
function releaseBeforeListening(server: ViteDevServer, releasePort: () => Promise<void>): void {
  const listen = server.listen.bind(server)
  server.listen = async (...args) => {
    await releasePort()
    return await listen(...args)
  }
}

/** @throws ConvueError `VERSION_CONFLICT` */
function requireVite(root: string): void {
  const conflict = findConflictWithConvue('vite', root)
  if (conflict)
    throw devError('VERSION_CONFLICT', conflict)
}

function readVariables({ root = '.', envDir }: UserConfig, mode: string): TargetVariables {
  if (envDir === false)
    return process.env as TargetVariables
  return loadEnv(mode, resolve(root, envDir ?? '.'), ['VITE_', 'CONVEX_'])
}

function localOptions(options: ConvueViteOptions, root: string, network: NetworkOptions | null): LocalOptions {
  const { functions, proxy: _proxy, ...dev } = options
  return { ...resolveOptions(dev, { root, functions: findFunctions(functions, root) }), network }
}

function describe(served: Served, root: string, options: ConvueViteOptions): [label: string, text: string][] {
  if (served.kind === 'remote')
    return [['Convex', served.url]]
  const { embedded } = served
  return [
    ...embedded.describe(root),
    ['Auth', `${(options.proxy ?? DEFAULT_PROXY).join(', ')} on the origin of the page`],
  ]
}
