import type { Deployment, DeploymentOptions } from '../../src/testing/index.ts'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { startDeployment } from '../../src/testing/index.ts'
import { createFolder, removeFolder, writeFunctions } from './functions-folder.ts'

/** The deployment of an app whose files a test has written. */
export interface App {
  deployment: Deployment
  /** The folder that contains the files. */
  folder: string
  /** Closes the deployment and deletes the files. If `beforeAll` returns it, Vitest calls it. */
  close: () => Promise<void>
}

/**
 * Writes files and starts a deployment with them. The option `functions` is the path of the
 * functions folder among the files.
 */
export async function startApp(
  files: Record<string, string>,
  { functions = '.', ...options }: DeploymentOptions = {},
): Promise<App> {
  const folder = await createFolder()
  try {
    await writeFunctions(folder, files)
    const deployment = await startDeployment({ functions: join(folder, functions), ...options })
    const close = async (): Promise<void> => {
      await deployment.close()
      await removeFolder(folder)
    }
    return { deployment, folder, close }
  }
  catch (error) {
    await removeFolder(folder)
    throw error
  }
}

/** Starts an app for one test, at whose end the app is closed. */
export async function startTestApp(files: Record<string, string>, options: DeploymentOptions = {}): Promise<App> {
  const app = await startApp(files, options)
  onTestFinished(app.close)
  return app
}
