import type { TestProject } from 'vitest/node'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../support/live/free-port.ts'
import { buildApp } from './build-app.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The build that all test files share. */
    nuxtOutput: string
    /** The port of the deployment that this build, with its prerendered pages, expects. */
    nuxtDeploymentPort: number
  }
}

/** Builds the app once for all test files, and creates the folder for the builds that some of them share. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const port = await freePort()
  const { output, remove } = await buildApp({}, { deploymentPort: port })
  project.provide('nuxtDeploymentPort', port)
  project.provide('nuxtOutput', output)
  const builds = await mkdtemp(join(tmpdir(), 'convue-nuxt-builds-'))
  project.provide('nuxtBuilds', builds)
  return async () => {
    await remove()
    await rm(builds, { recursive: true, force: true })
  }
}
