/** The embedded deployment of `nuxt dev`, from the moment when the address of the page is known. */
import type { EmbeddedDeployment, LocalDeployment, LocalOptions } from 'convue/dev'
import type { Server } from 'node:http'
import type { Nuxt, RuntimeConfig } from 'nuxt/schema'
import type { Listener, Served } from './page-access.ts'
import { relative } from 'node:path'
import process, { env } from 'node:process'
import { setTimeout } from 'node:timers/promises'
import { useLogger } from 'nuxt/kit'
import { hasCode } from './has-code.ts'
import { accessOf, originOf, passClientsOn } from './page-access.ts'
import { setDeployment } from './runtime-config.ts'

type Dev = typeof import('convue/dev')

type ViteServer = Parameters<Dev['servePages']>[0]

/** How long the previous process of Nuxt may take to end, in ms. */
const FOLDER_TIMEOUT_MS = 10_000

const RETRY_MS = 100

/** The server of the app, as the hook `nitro:build:before` passes it. */
interface Nitro {
  options: { runtimeConfig: RuntimeConfig }
  hooks: { callHook: (hook: 'dev:reload') => Promise<void> }
}

/** The types of Nuxt do not contain this hook, which is called before the app's server is built. */
type HookNitro = (hook: 'nitro:build:before', run: (nitro: Nitro) => Promise<void>) => void

/** How the deployment is served. */
export interface ServedOptions {
  local: LocalOptions
  /** The origin of the page. @default the address of the server */
  siteUrl: string | undefined
  /**
   * Called with the deployment before the app's server starts, or starts again if the deployment
   * waits until its functions are corrected.
   */
  onStart: (local: LocalDeployment, embedded: EmbeddedDeployment) => void
}

/**
 * Starts the deployment when Nuxt listens, and before it builds the app. The deployment remains
 * when Nuxt restarts in this process.
 */
export function serveDeployment(dev: Dev, nuxt: Nuxt, { local: options, siteUrl, onStart }: ServedOptions): Served {
  const { rootDir } = nuxt.options
  let server: Server | undefined
  let started: Promise<EmbeddedDeployment> | undefined
  let isClosed = false
  let clientPath: string | null = null
  let serverOrigin: string | null = null
  let stop = (): void => {}
  const served: Served = {
    deployment: 'embedded',
    get clientPath() {
      return clientPath
    },
    get origin() {
      return serverOrigin
    },
  }
  const { branch } = options
  // Nuxt itself does not watch the files of git.
  const stopBranch = branch ? dev.watchBranch(branch, () => void nuxt.callHook('restart')) : () => {}
  ignoreData(nuxt, options)

  nuxt.hook('listen', (nuxtServer: Server, listener: Listener) => {
    server = nuxtServer
    if (env.__NUXT__FORK)
      process.once('disconnect', endProcess)
    serverOrigin = originOf(listener)
    const origin = siteUrl ?? serverOrigin
    const network = dev.findNetwork(accessOf(nuxt, nuxtServer, listener), siteUrl)
    clientPath = network && dev.CLIENT_PATH
    started = start(dev, { ...options, network }, origin).then(async (embedded) => {
      await dev.releaseKept(rootDir)
      embedded.onStart(local => onStart(local, embedded))
      return embedded
    })
    // Nuxt builds the client in the meantime. The next hook reports errors.
    started.catch(() => {})
  })

  const hookNitro = nuxt.hook as unknown as HookNitro
  hookNitro('nitro:build:before', async (nitro) => {
    const embedded = await started
    if (!embedded)
      return
    setDeployment(nuxt.options.runtimeConfig, embedded)
    setDeployment(nitro.options.runtimeConfig, embedded)
    print(embedded.describe(rootDir))
    // The app's server reads variables only when it starts, so it is started again once the
    // deployment runs.
    if (embedded.problem)
      embedded.onStart(() => void nitro.hooks.callHook('dev:reload'))
  })

  nuxt.hook('vite:serverCreated', (vite, { isClient }) => {
    if (!isClient)
      return
    started?.then((embedded) => {
      if (!isClosed)
        stop = serveEmbedded(dev, vite, embedded, served)
      if (clientPath !== null)
        passClientsOn(dev.createClientProxy(embedded), clientPath, { vite, nuxt })
    }, () => {})
  })

  nuxt.hook('close', async () => {
    isClosed = true
    process.off('disconnect', endProcess)
    stop()
    stopBranch()
    const embedded = await started?.catch(() => null)
    if (!embedded)
      return
    // Nuxt closes before it loads its configuration again, but its server then continues to listen.
    if (server?.listening)
      dev.keepDeployment(rootDir, embedded)
    else
      await embedded.release()
  })
  return served
}

/** Reloads functions and serves the development pages, until the returned function is called. */
function serveEmbedded(dev: Dev, vite: ViteServer, embedded: EmbeddedDeployment, { readRequests }: Served): () => void {
  const stopReloading = dev.reloadFunctions(vite, embedded)
  const stopPages = dev.servePages(vite, embedded, readRequests && { requests: readRequests })
  return () => {
    stopReloading()
    stopPages()
  }
}

/**
 * Ends a process that Nuxt has started for a restart, when its parent has ended. The process would
 * otherwise remain if only the parent receives a signal, and would lock the data.
 */
function endProcess(): void {
  process.exit()
}

/** Nuxt would otherwise watch the data if the whole project is its `srcDir`. */
function ignoreData({ options: { ignore, rootDir } }: Nuxt, { start: { data } }: LocalOptions): void {
  const folder = data === undefined ? '..' : relative(rootDir, data)
  if (!folder.startsWith('..'))
    ignore.push(folder)
}

/**
 * Starts the deployment once no other process uses its data: when `.env` changes, Nuxt starts
 * another process before the previous one has ended.
 */
async function start(dev: Dev, options: LocalOptions, origin: string): Promise<EmbeddedDeployment> {
  const deadline = Date.now() + FOLDER_TIMEOUT_MS
  while (true) {
    try {
      return await dev.EmbeddedDeployment.start(options, origin)
    }
    catch (error) {
      if (!hasCode(error, 'FOLDER_IN_USE') || Date.now() > deadline)
        throw error
      await setTimeout(RETRY_MS)
    }
  }
}

function print(lines: [label: string, text: string][]): void {
  const logger = useLogger('convue')
  for (const [label, text] of lines)
    logger.info(`${label}: ${text}`)
}
