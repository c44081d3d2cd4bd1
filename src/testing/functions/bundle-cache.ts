/** Keeps bundles on the disk, so that the next start does not bundle unchanged files again. */
import type { Metafile } from 'esbuild'
import { createHash, randomUUID } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'
import process from 'node:process'

/** The options on which a build depends, apart from the contents of its files. */
export interface BuildKey {
  /** Increased when Convue bundles differently. */
  format: number
  esbuild: string | undefined
  /** The folder of the component. If it no longer exists, its bundles are deleted. */
  directory: string
  [option: string]: unknown
}

/** A file that a bundle contains. */
interface Input {
  path: string
  mtimeMs: number
  size: number
  /**
   * The hash of the contents. Only files of the app have it: the modification time of such a file
   * changes when another branch is checked out.
   */
  hash: string | null
}

interface Manifest {
  directory: string
  inputs: Input[]
  /** The name of the folder that contains the bundles. */
  output: string
}

const UNUSED_MS = 7 * 24 * 60 * 60 * 1000
const SUPERSEDED_MS = 60 * 60 * 1000

/** Files that decide which file an import resolves to. */
const RESOLUTION_FILES = [
  'package.json',
  'tsconfig.json',
  'package-lock.json',
  'node_modules/.package-lock.json',
  'pnpm-lock.yaml',
  'yarn.lock',
  'bun.lock',
]

/** Writes bundles into a folder, and returns the files from which it has made them. */
type Build = (output: string) => Promise<Metafile>

/** The bundles in the cache of one `node_modules` folder. */
export class BundleCache {
  /** `true` if a build was necessary since this object was made. */
  hasBuilt = false
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** The folder in which Node keeps compiled code for the next start. */
  get compileCache(): string {
    return join(this.#folder, 'compiled')
  }

  /** The folder with the bundles. `build` runs only if a file has changed. */
  async get(key: BuildKey, build: Build): Promise<string> {
    const id = hashOf(JSON.stringify(key))
    const manifestFile = join(this.#folder, `${id}.json`)
    const previous = await this.#previous(manifestFile)
    if (previous !== undefined)
      return previous
    this.hasBuilt = true
    const start = Date.now()
    const temporary = join(this.#folder, `${id}-${process.pid}-${randomUUID()}`)
    await mkdir(temporary, { recursive: true })
    try {
      const metafile = await build(temporary)
      const output = join(this.#folder, `${id}-${await hashFolder(temporary, metafile)}`)
      await moveFolder(temporary, output)
      const manifest = describeBuild(key.directory, basename(output), metafile)
      // If a file has changed during the build, the bundle may have its previous content, and must
      // not be used again.
      if (manifest.inputs.every(({ mtimeMs }) => mtimeMs < start))
        await writeManifest(manifestFile, manifest)
      await this.#clean()
      return output
    }
    finally {
      await rm(temporary, { recursive: true, force: true })
    }
  }

  /** The folder with the bundles of an earlier build, if no file has changed. */
  async #previous(manifestFile: string): Promise<string | undefined> {
    const manifest = await readManifest(manifestFile)
    if (manifest === undefined)
      return undefined
    const output = join(this.#folder, manifest.output)
    if (!existsSync(output) || !manifest.inputs.every(isUnchanged))
      return undefined
    // The time of the manifest shows when the bundles were last used.
    const now = new Date()
    await utimes(manifestFile, now, now).catch(() => {})
    return output
  }

  /** Deletes the bundles that are no longer used. Other processes may do so at the same time. */
  async #clean(): Promise<void> {
    const names = await readdir(this.#folder)
    const used = new Set<string>()
    for (const name of names.filter(name => name.endsWith('.json'))) {
      const manifest = await readManifest(join(this.#folder, name))
      const isNeeded = manifest && existsSync(manifest.directory) && await ageOf(join(this.#folder, name)) < UNUSED_MS
      if (isNeeded)
        used.add(manifest.output)
      else
        await rm(join(this.#folder, name), { force: true })
    }
    for (const name of names.filter(name => !name.endsWith('.json') && !used.has(name))) {
      // The folder of compiled code is not a bundle. Node fills it again.
      const keptMs = name === 'compiled' ? UNUSED_MS : SUPERSEDED_MS
      if (await ageOf(join(this.#folder, name)) > keptMs)
        await rm(join(this.#folder, name), { recursive: true, force: true })
    }
  }
}

async function readManifest(file: string): Promise<Manifest | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Manifest
  }
  catch {
    return undefined
  }
}

async function writeManifest(file: string, manifest: Manifest): Promise<void> {
  const temporary = `${file}.${process.pid}-${randomUUID()}`
  await writeFile(temporary, JSON.stringify(manifest))
  await rename(temporary, file)
}

function describeBuild(directory: string, output: string, metafile: Metafile): Manifest {
  const paths = [...Object.keys(metafile.inputs).map(toPath), ...resolutionFiles(directory)]
  return { directory, inputs: paths.map(describeInput), output }
}

function isUnchanged(input: Input): boolean {
  const { mtimeMs, size } = statOf(input.path)
  if (mtimeMs === input.mtimeMs && size === input.size)
    return true
  return input.hash !== null && size === input.size && hashOf(readFileSync(input.path)) === input.hash
}

function describeInput(path: string): Input {
  const isOwn = existsSync(path) && !path.split(sep).includes('node_modules')
  return { path, ...statOf(path), hash: isOwn ? hashOf(readFileSync(path)) : null }
}

/** A file that does not exist has the time and size 0. */
function statOf(path: string): { mtimeMs: number, size: number } {
  const stats = statSync(path, { throwIfNoEntry: false })
  return { mtimeMs: stats?.mtimeMs ?? 0, size: stats?.size ?? 0 }
}

/** esbuild names files relative to the working directory, after the namespace of a plugin. */
function toPath(input: string): string {
  return resolve(input.replace(/^[a-z][a-z-]+:/, ''))
}

function resolutionFiles(directory: string): string[] {
  const files = RESOLUTION_FILES.map(name => join(directory, name))
  const parent = dirname(directory)
  if (parent === directory)
    return files
  return [...files, ...resolutionFiles(parent)]
}

async function hashFolder(folder: string, { outputs }: Metafile): Promise<string> {
  const hash = createHash('sha256')
  for (const output of Object.keys(outputs).sort()) {
    const file = resolve(output)
    hash.update(file.slice(folder.length)).update(await readFile(file))
  }
  return hash.digest('hex').slice(0, 16)
}

/** Moves a folder, unless another process has already moved the same bundles there. */
async function moveFolder(from: string, to: string): Promise<void> {
  try {
    await rename(from, to)
  }
  catch (error) {
    if (!existsSync(to))
      throw error
  }
}

async function ageOf(file: string): Promise<number> {
  const stats = await stat(file).catch(() => null)
  return Date.now() - (stats?.mtimeMs ?? Date.now())
}

function hashOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 16)
}
