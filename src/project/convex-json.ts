/** Reads the `convex.json` of an app. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** The settings that matter to the embedded deployment. */
export interface ConvexJson {
  /** The packages that Node loads itself in files with "use node"; `*` for all. */
  externalPackages: string[]
  /** The absolute path of the functions folder, if the file names it. */
  functions?: string
}

interface ConvexJsonFile {
  functions?: string
  node?: { externalPackages?: string[] }
}

/** The settings in the nearest `convex.json` above the functions folder. */
export function readConvexJson(functions: string): ConvexJson {
  const file = findUp(dirname(functions), 'convex.json')
  if (file === undefined)
    return { externalPackages: [] }
  const settings = JSON.parse(readFileSync(file, 'utf8')) as ConvexJsonFile
  return {
    externalPackages: settings.node?.externalPackages ?? [],
    ...settings.functions !== undefined && { functions: resolve(dirname(file), settings.functions) },
  }
}

function findUp(folder: string, name: string): string | undefined {
  const file = join(folder, name)
  if (existsSync(file))
    return file
  const parent = dirname(folder)
  if (parent === folder)
    return undefined
  return findUp(parent, name)
}
