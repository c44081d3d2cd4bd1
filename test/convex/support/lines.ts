/** Loads `convue/convex` together with each version of Better Auth that it supports. */
import type * as modules from './line-modules.ts'
import { createHash } from 'node:crypto'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { build } from 'esbuild'

/** The minor versions of Better Auth. */
export const lines = ['1.6', '1.7'] as const

export type Line = (typeof lines)[number]

/** The package that an app installs as `better-auth`. */
function packageOf(line: Line): string {
  return line === '1.6' ? 'better-auth' : 'better-auth-next'
}

/** In `node_modules`, so that Vitest does not transform the bundles. */
const FOLDER = join(import.meta.dirname, '../../../node_modules/.cache/convue-lines')

const loaded = new Map<Line, Promise<typeof modules>>()

/** Bundles the sources as an app with this version of Better Auth would, once in a test file. */
export function loadLine(line: Line): Promise<typeof modules> {
  const known = loaded.get(line) ?? bundleLine(line)
  loaded.set(line, known)
  return known
}

async function bundleLine(line: Line): Promise<typeof modules> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'line-modules.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    alias: { 'better-auth': packageOf(line) },
    external: ['convex'],
    // Otherwise, esbuild drops the initialization of a module that is also imported dynamically.
    ignoreAnnotations: true,
    logLevel: 'silent',
  })
  const code = outputFiles[0]!.text
  const file = join(FOLDER, `${createHash('sha256').update(code).digest('hex').slice(0, 16)}.mjs`)
  await mkdir(FOLDER, { recursive: true })
  // Several test files write the same file at the same time.
  await writeFile(`${file}.${process.pid}`, code)
  await rename(`${file}.${process.pid}`, file)
  return await import(/* @vite-ignore */ file)
}
