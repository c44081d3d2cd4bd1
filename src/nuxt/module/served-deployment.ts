/** The embedded deployment of `nuxt dev`, from the moment when the address of the page is known. */
import type { LocalDeployment, LocalOptions } from 'convue/dev'
import type { Server } from 'node:http'
import type { Nuxt, RuntimeConfig } from 'nuxt/schema'
import { relative } from 'node:path'
import process, { env } from 'node:process'
import { setTimeout } from 'node:timers/promises'
import { useLogger } from 'nuxt/kit'
import { setDeployment } from './runtime-config.ts'

type Dev = typeof import('convue/dev')

/** How long the previous process of Nuxt may take to end, in ms. */
const FOLDER_TIMEOUT_MS = 10_000

const RETRY_MS = 100

/** The server of `nuxt dev`, as the hook `listen` passes it. */
interface Listener {
  /** The address that Nuxt prints. */
  url: string
}

/** The types of Nuxt do not contain this hook, which is called before the app's server is built. */
type HookNitro = (
  hook: 'nitro:build:before',
  run: (nitro: { options: { runtimeConfig: RuntimeConfig } }) => Promise<void>,
) => void

/** How the deployment is served. */
export interface ServedOptions {
  local: LocalOptions
  /** The origin of the page. @default the address of the server */
  siteUrl: string | undefined
  /** Called with the deployment before the app's server starts. */
  onStart: (local: LocalDeployment, origin: string) => void
}

/**
 * Starts the deployment when Nuxt listens, and before it builds the app. The deployment remains
 * when Nuxt restarts in this process.
 */
export function serveDeployment(dev: Dev, nuxt: Nuxt, { local: options, siteUrl, onStart }: ServedOptions): void {
  const { rootDir } = nuxt.options
  let server: Server | undefined
  let started: Promise<LocalDeployment> | undefined
  let isClosed = false
  let stopReloading = (): void => {}
  ignoreData(nuxt, options)

  nuxt.hook('listen', (nuxtServer: Server, listener: Listener) => {
    server = nuxtServer
    if (env.__NUXT__FORK)
      process.once('disconnect', endProcess)
    const origin = siteUrl ?? originOf(listener)
    started = acquire(dev, options, origin).then(async (local) => {
      await dev.releaseKept(rootDir)
      onStart(local, origin)
      return local
    })
    // Nuxt builds the client in the meantime. The next hook reports errors.
    started.catch(() => {})
  })

  const hookNitro = nuxt.hook as unknown as HookNitro
  hookNitro('nitro:build:before', async (nitro) => {
    const local = await started
    if (!local)
      return
    setDeployment(nuxt.options.runtimeConfig, local.deployment)
    setDeployment(nitro.options.runtimeConfig, local.deployment)
    print(local.describe(rootDir))
  })

  nuxt.hook('vite:serverCreated', (vite, { isClient }) => {
    if (!isClient)
      return
    started?.then((local) => {
      if (!isClosed)
        stopReloading = dev.reloadFunctions(vite, local)
    }, () => {})
  })

  nuxt.hook('close', async () => {
    isClosed = true
    process.off('disconnect', endProcess)
    stopReloading()
    const local = await started?.catch(() => null)
    if (!local)
      return
    // Nuxt closes before it loads its configuration again, but its server then continues to listen.
    if (server?.listening)
      dev.keepDeployment(rootDir, local)
    else
      await local.release()
  })
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
 * Acquires the deployment once no other process uses its data: when `.env` changes, Nuxt starts
 * another process before the previous one has ended.
 */
async function acquire(dev: Dev, options: LocalOptions, origin: string): Promise<LocalDeployment> {
  const deadline = Date.now() + FOLDER_TIMEOUT_MS
  while (true) {
    try {
      return await dev.acquireDeployment(options, origin)
    }
    catch (error) {
      if (!isFolderInUse(error) || Date.now() > deadline)
        throw error
      await setTimeout(RETRY_MS)
    }
  }
}

function isFolderInUse(error: unknown): boolean {
  return error instanceof Error && String(error.cause).startsWith('FolderInUseError')
}

/** The origin under which the page is opened on this machine. */
function originOf({ url }: Listener): string {
  const address = new URL(url)
  if (['0.0.0.0', '[::]'].includes(address.hostname))
    address.hostname = 'localhost'
  return address.origin
}

function print(lines: [label: string, text: string][]): void {
  const logger = useLogger('convue')
  for (const [label, text] of lines)
    logger.info(`${label}: ${text}`)
}
