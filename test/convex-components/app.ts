/** Starts the app of a test file, and advances its clock. */
import type { Deployment, DeploymentOptions } from '../../src/testing/index.ts'
import { join } from 'node:path'
import { exportJWK, exportPKCS8, generateKeyPair } from 'jose'
import { startDeployment } from '../../src/testing/index.ts'

/** The largest number of steps. No test needs as many. */
const MAX_STEPS = 200

/** Starts the app in the folder `apps/<name>`. */
export async function startApp(name: string, options: DeploymentOptions = {}): Promise<Deployment> {
  return await startDeployment({ functions: join(import.meta.dirname, 'apps', name, 'convex'), ...options })
}

/** Starts the app with Convex Auth, and the variables that `npx @convex-dev/auth` sets. */
export async function startConvexAuth(): Promise<Deployment> {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
  return await startApp('convex-auth', {
    env: {
      SITE_URL: 'http://localhost:5173',
      JWT_PRIVATE_KEY: (await exportPKCS8(privateKey)).trimEnd().replaceAll('\n', ' '),
      JWKS: JSON.stringify({ keys: [{ use: 'sig', ...await exportJWK(publicKey) }] }),
    },
  })
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
