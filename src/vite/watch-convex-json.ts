/** Watches `convex.json`, which is outside of the functions folder. */
import type { ViteDevServer } from 'vite'
import type { EmbeddedDeployment } from '../dev/embedded-deployment.ts'
import { join, normalize } from 'node:path'
import { findFunctions } from '../project/functions-folder.ts'

/**
 * Restarts the server if the functions are now in another folder. Otherwise, loads the functions
 * again with the new settings. `option` is the path of the functions folder that the app passes,
 * if it passes one.
 */
export function watchConvexJson(server: ViteDevServer, embedded: EmbeddedDeployment, option: string | undefined): void {
  const { root, logger } = server.config
  const file = join(root, 'convex.json')
  server.watcher.on('all', (_event, changed) => {
    if (normalize(changed) !== file)
      return
    if (findFunctions(option, root) !== embedded.functions)
      void server.restart()
    else
      embedded.reload().catch((error: Error) => logger.error(error.message, { timestamp: true, error }))
  })
}
