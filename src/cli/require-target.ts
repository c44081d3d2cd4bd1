/** Finds the deployment that a command uses. */
import type { ConvexTarget } from './official-convex.ts'
import { devError } from '../dev/dev-error.ts'
import { findConfiguredTarget, findEmbeddedTarget } from './official-convex.ts'

/**
 * The embedded deployment if it runs, or else the one that the environment names.
 *
 * @throws ConvueError `DEPLOYMENT_NOT_RUNNING`
 */
export async function requireTarget({ data, prod }: { data: string, prod: boolean }): Promise<ConvexTarget> {
  const embedded = prod ? null : await findEmbeddedTarget(data)
  const target = embedded ?? findConfiguredTarget({ prod })
  if (target === null)
    throw devError('DEPLOYMENT_NOT_RUNNING', data)
  return target
}

/** @throws ConvueError `DEPLOYMENT_NOT_RUNNING` */
export async function requireEmbedded(data: string): Promise<ConvexTarget> {
  const target = await findEmbeddedTarget(data)
  if (target === null)
    throw devError('DEPLOYMENT_NOT_RUNNING', data)
  return target
}
