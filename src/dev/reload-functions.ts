/** Reloads functions, and shows their errors in the overlay of Vite's page. */
import type { ErrorPayload, HotChannelClient, UpdatePayload, ViteDevServer } from 'vite'
import type { EmbeddedDeployment } from './embedded-deployment.ts'
import { resolve } from 'node:path'
import { watchFunctions } from '../testing/watch-functions.ts'

/** An update without a change, which removes the error that a page shows. */
const NOTHING: UpdatePayload = { type: 'update', updates: [] }

/**
 * Reloads the functions whenever a file of their folder changes, until the returned function is
 * called. The page remains, and its queries run again. An error is on the page and in the terminal
 * until it is corrected, and the previous functions remain.
 *
 * @param server The server of Vite whose pages show errors.
 * @param embedded The deployment.
 */
export function reloadFunctions(server: ViteDevServer, embedded: EmbeddedDeployment): () => void {
  const { config: { logger }, environments: { client: { hot } } } = server
  let shown: ErrorPayload | null = null

  function failed(error: Error): void {
    logger.error(error.message, { timestamp: true, error })
    // The page reloads if the first message that it ever receives arrives while it shows an error.
    // Another message is therefore sent before the error.
    if (!shown)
      hot.send(NOTHING)
    shown = { type: 'error', err: toOverlay(error) }
    hot.send(shown)
  }

  function loaded(): void {
    if (!shown)
      return
    shown = null
    hot.send(NOTHING)
    logger.info('The functions are loaded again.', { timestamp: true })
  }

  const onConnect = (_data: unknown, client: HotChannelClient): void => {
    if (!shown)
      return
    client.send(NOTHING)
    client.send(shown)
  }
  hot.on('vite:client:connect', onConnect)
  if (embedded.problem) {
    failed(embedded.problem)
    // The page would otherwise connect only at the end of the pause between its attempts.
    embedded.onStart(() => hot.send({ type: 'full-reload' }))
  }
  const stopWatching = watchFunctions(embedded.functions, () => embedded.reload(), { failed, loaded })
  return () => {
    stopWatching()
    hot.off('vite:client:connect', onConnect)
  }
}

/** The first source position in a message: a path, a line, and a column that begins at 0. */
const PLACE = /([^\s("']+\.[cm]?[jt]sx?):(\d+)(?::(\d+))?/

function toOverlay({ message, stack = '' }: Error): ErrorPayload['err'] {
  const [, path, line, column = '0'] = PLACE.exec(message) ?? []
  const overlay = { message, stack, plugin: 'convue' }
  if (path === undefined)
    return overlay
  return { ...overlay, loc: { file: resolve(path), line: Number(line), column: Number(column) } }
}
