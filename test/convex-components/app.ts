/** Starts the app of a test file, and advances its clock. */
import type { Deployment, DeploymentOptions } from '../../src/testing/index.ts'
import { join } from 'node:path'
import { startDeployment } from '../../src/testing/index.ts'

/** The largest number of steps. No test needs as many. */
const MAX_STEPS = 200

/** Starts the app in the folder `apps/<name>`. */
export async function startApp(name: string, options: DeploymentOptions = {}): Promise<Deployment> {
  return await startDeployment({ functions: join(import.meta.dirname, 'apps', name, 'convex'), ...options })
}

/** Advances the deployment's clock in steps, and runs the functions that are then due, until the condition is true. */
export async function advanceUntil(deployment: Deployment, condition: () => Promise<boolean>, stepMs = 1000): Promise<void> {
  for (let step = 0; step < MAX_STEPS; step++) {
    await deployment.settled()
    if (await condition())
      return
    await deployment.advanceClock(stepMs)
  }
  throw new Error(`The condition does not hold after ${MAX_STEPS} steps of ${stepMs} ms.`)
}
