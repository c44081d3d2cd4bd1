/** Switches to the data of another git branch when that branch is checked out. */
import type { ViteDevServer } from 'vite'
import type { GitBranch } from '../project/git-branch.ts'
import { watchBranch } from '../dev/branch-data.ts'
import { readBranch } from '../project/git-branch.ts'

/**
 * Restarts the server when another branch is checked out, until the returned function is called.
 */
export function restartOnSwitch(server: ViteDevServer, branch: GitBranch | null): () => void {
  if (!branch)
    return () => {}
  const { logger } = server.config
  return watchBranch(branch, () => {
    logger.info('Another git branch is checked out: restarting with its data.', { timestamp: true })
    restart(server, branch.head).catch((error: Error) => logger.error(error.message, { timestamp: true, error }))
  })
}

/** Restarts again if yet another branch is checked out during the restart. */
async function restart(server: ViteDevServer, head: string): Promise<void> {
  const name = readBranch(head)
  await server.restart()
  const next = readBranch(head)
  if (next !== null && next !== name)
    await restart(server, head)
}
