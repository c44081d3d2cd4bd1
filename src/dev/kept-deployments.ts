/** The deployments that no server uses while a development server restarts. */
/** A deployment that a server has used, such as an `EmbeddedDeployment`. */
export interface Releasable {
  /** Closes the deployment, unless another server uses it. */
  release: () => Promise<void>
}

/** The module may be loaded again when a server restarts. */
const KEPT = Symbol.for('convue.dev.kept')

function keptDeployments(): Map<string, Releasable[]> {
  return (globalThis as any)[KEPT] ??= new Map()
}

/**
 * Keeps a deployment for the next server of an app, instead of releasing it. Only for a server that
 * closes before the next one starts in the same process.
 *
 * @param root The root of the app.
 * @param deployment The deployment that the closing server has used.
 */
export function keepDeployment(root: string, deployment: Releasable): void {
  const kept = keptDeployments()
  kept.set(root, [...kept.get(root) ?? [], deployment])
}

/**
 * Releases the deployments that are kept for an app. Called after the next server has acquired its
 * deployment, or if the next server needs none.
 *
 * @param root The root of the app.
 */
export async function releaseKept(root: string): Promise<void> {
  const kept = keptDeployments()
  const deployments = kept.get(root) ?? []
  kept.delete(root)
  await Promise.all(deployments.map(deployment => deployment.release()))
}
