/** Starts the app that a test file calls. */
import type { Deployment, DeploymentOptions } from '../../src/testing/index.ts'
import { join } from 'node:path'
import { startDeployment } from '../../src/testing/index.ts'
import { ORIGIN } from '../support/live/deployment.ts'

/** Starts the app in the folder `apps/<name>`, whose pages have the origin `ORIGIN`. */
export async function startApp(name: string, options: DeploymentOptions = {}): Promise<Deployment> {
  return await startDeployment({ functions: join(import.meta.dirname, 'apps', name, 'convex'), siteUrl: ORIGIN, ...options })
}
