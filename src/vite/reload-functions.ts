/** Reloads the functions after each change, and shows their errors in the page's overlay. */
import type { ErrorPayload, HotChannelClient, UpdatePayload, ViteDevServer } from 'vite'
import type { LocalDeployment } from './local-deployment.ts'
import { resolve, sep } from 'node:path'
import { codegen } from '../testing/index.ts'

/** Files in which a change is not a change of the functions. */
const IGNORED = /[\\/](?:_generated|node_modules)[\\/]/

/** An update without a change, which removes the error that a page shows. */
const NOTHING: UpdatePayload = { type: 'update', updates: [] }

/** Editors write a file in several steps. */
const PAUSE_MS = 50

/** Reloads until the returned function is called. The page remains, and its queries run again. */
export function reloadFunctions(server: ViteDevServer, { deployment, functions }: LocalDeployment): () => void {
  const { watcher, config: { logger }, environments: { client: { hot } } } = server
  let timer: NodeJS.Timeout | undefined
  let last = Promise.resolve()
  let shown: ErrorPayload | null = null

  async function reload(): Promise<void> {
    // New types help to correct functions that cannot be loaded, so neither depends on the other.
    const [types, code] = await Promise.allSettled([codegen({ functions }), deployment.reload()])
    const failed = [code, types].find(result => result.status === 'rejected')
    if (failed)
      showError(failed.reason as Error)
    else
      hideError()
  }

  function showError(error: Error): void {
    logger.error(error.message, { timestamp: true, error })
    // The page would reload if its first update arrived while it shows an error.
    if (!shown)
      hot.send(NOTHING)
    shown = { type: 'error', err: toOverlay(error) }
    hot.send(shown)
  }

  function hideError(): void {
    if (!shown)
      return
    shown = null
    hot.send(NOTHING)
    logger.info('The functions are loaded again.', { timestamp: true })
  }

  const onChange = (_event: string, file: string): void => {
    const isFunction = file.startsWith(`${functions}${sep}`) && !IGNORED.test(file.slice(functions.length))
    if (!isFunction)
      return
    clearTimeout(timer)
    timer = setTimeout(() => {
      last = last.then(reload)
    }, PAUSE_MS)
  }
  const onConnect = (_data: unknown, client: HotChannelClient): void => {
    if (!shown)
      return
    client.send(NOTHING)
    client.send(shown)
  }
  hot.on('vite:client:connect', onConnect)
  watcher.add(functions)
  watcher.on('all', onChange)
  return () => {
    clearTimeout(timer)
    watcher.off('all', onChange)
    hot.off('vite:client:connect', onConnect)
  }
}

/** The first place in the functions that a message names: a path, a line and a column from 0. */
const PLACE = /([^\s("']+\.[cm]?[jt]sx?):(\d+)(?::(\d+))?/

function toOverlay({ message, stack = '' }: Error): ErrorPayload['err'] {
  const [, path, line, column = '0'] = PLACE.exec(message) ?? []
  const overlay = { message, stack, plugin: 'convue' }
  if (path === undefined)
    return overlay
  return { ...overlay, loc: { file: resolve(path), line: Number(line), column: Number(column) } }
}
