import type { TestProject } from 'vitest/node'
import { freePort } from '../support/live/free-port.ts'
import { buildApp } from './build-app.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The build that the files of this project share. */
    nuxtOutput: string
    /** Where that build, and so what it has prerendered, expects the deployment. */
    nuxtDeploymentPort: number
  }
}

/** One build serves all files. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const port = await freePort()
  const { output, remove } = await buildApp({}, { deploymentPort: port })
  project.provide('nuxtDeploymentPort', port)
  project.provide('nuxtOutput', output)
  return remove
}
