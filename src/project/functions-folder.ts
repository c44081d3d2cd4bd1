/** Finds the functions folder of an app. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { readConvexJson } from './convex-json.ts'

/**
 * The absolute path of the functions folder: the option, else the path in `convex.json`, else
 * `convex`. A `convex.json` in a folder above the app matters only if the app has no folder
 * `convex`.
 *
 * @param option The path that the app passes, if it passes one.
 * @param root The folder of the app, from which relative paths are resolved.
 */
export function findFunctions(option: string | undefined, root = '.'): string {
  if (option !== undefined)
    return resolve(root, option)
  return findOwnFunctions(root) ?? readConvexJson(resolve(root, 'convex')).functions ?? resolve(root, 'convex')
}

/**
 * The functions folder of exactly this folder, and not of a folder above it: the path in its
 * `convex.json`, or its existing folder `convex`.
 */
export function findOwnFunctions(root: string): string | undefined {
  const own = resolve(root, 'convex')
  if (existsSync(join(root, 'convex.json')))
    return readConvexJson(own).functions ?? own
  return existsSync(own) ? own : undefined
}
