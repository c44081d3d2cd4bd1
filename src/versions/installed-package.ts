/** Finds packages in `node_modules`. Finds none if Yarn has installed the app without it. */
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The parts of a `package.json` that are used here. */
export interface Manifest {
  name: string
  version: string
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
}

export interface InstalledPackage {
  manifest: Manifest
  /** The real path of the package's folder, from which Node finds the packages that it imports. */
  folder: string
}

/** The package that modules in `folder` import by this name; `undefined` if there is none. */
export function findPackage(name: string, folder: string): InstalledPackage | undefined {
  const found = findUpwards(folder, join('node_modules', name, 'package.json'))
  return found === undefined ? undefined : readPackage(found)
}

/** The package whose module is in `folder`, such as the app. */
export function findOwner(folder: string): InstalledPackage | undefined {
  const found = findUpwards(folder, 'package.json')
  return found === undefined ? undefined : readPackage(found)
}

function findUpwards(folder: string, path: string): string | undefined {
  const file = join(folder, path)
  if (existsSync(file))
    return file
  const parent = dirname(folder)
  return parent === folder ? undefined : findUpwards(parent, path)
}

function readPackage(file: string): InstalledPackage | undefined {
  try {
    return { manifest: JSON.parse(readFileSync(file, 'utf8')), folder: realpathSync(dirname(file)) }
  }
  catch {
    return undefined
  }
}
