/** Builds that several test files share. Each is built by the first file that needs it. */
import type { BuildVariant } from './build-app.ts'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inject, vi } from 'vitest'
import { buildApp } from './build-app.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The folder with an entry for each shared build. */
    nuxtBuilds: string
  }
}

const PATIENCE = { timeout: 600_000, interval: 100 }

/**
 * The output folder of a build with a preset of Nitro. Test files run in processes of their own, so
 * a folder says that a file builds it, and a file in the folder contains the result.
 */
export async function buildPreset(preset: 'netlify'): Promise<string> {
  const folder = join(inject('nuxtBuilds'), preset)
  const result = join(folder, 'result.json')
  if (claim(folder))
    writeResult(result, await build({ folder, env: { NITRO_PRESET: preset } }))
  await vi.waitUntil(() => existsSync(result), PATIENCE)
  const { output, failure } = JSON.parse(readFileSync(result, 'utf8')) as BuildResult
  if (output === undefined)
    throw new Error(failure)
  return output
}

type BuildResult = { output: string, failure?: undefined } | { output?: undefined, failure: string }

async function build(variant: BuildVariant): Promise<BuildResult> {
  try {
    const { output } = await buildApp({}, variant)
    return { output }
  }
  catch (error) {
    return { failure: (error as Error).message }
  }
}

/** Another process must not read a part of the file. */
function writeResult(file: string, result: BuildResult): void {
  writeFileSync(`${file}.new`, JSON.stringify(result))
  renameSync(`${file}.new`, file)
}

/** Returns whether this call has created the folder. */
function claim(folder: string): boolean {
  try {
    mkdirSync(folder)
    return true
  }
  catch {
    return false
  }
}
