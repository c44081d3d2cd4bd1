/** Finds the project and its layers, with the folders that this module needs. */
import type { Nuxt } from 'nuxt/schema'
import type { ModuleOptions } from './options.ts'
import { existsSync } from 'node:fs'
import { createResolver } from 'nuxt/kit'
import { findFunctions, findOwnFunctions } from '../../project/functions-folder.ts'

/** The project or one of its layers. */
export interface Layer {
  rootDir: string
  srcDir: string
  /** The folder of the layer's Convex functions. The folder need not exist. */
  functions: string
}

/** The project first, then its layers, in the order in which Nuxt lets them override each other. */
export function findLayers(nuxt: Nuxt, functions: string | undefined): [Layer, ...Layer[]] {
  const layers = nuxt.options._layers
  const declared = layers.map(({ config }) => (config as { convex?: ModuleOptions }).convex?.functions)
  const [project, ...others] = layers.map(({ config, cwd }, index): Layer => {
    const rootDir = config.rootDir ?? cwd
    // The options of the module contain the options of the project and of all layers, merged by
    // Nuxt. So `functions` belongs to the project, unless a layer declares the same value.
    const isProjects = index === 0 && !declared.slice(1).includes(functions)
    const folder = declared[index] ?? (isProjects ? functions : undefined)
    const { resolve } = createResolver(rootDir)
    const found = folder === undefined ? findOwnFunctions(rootDir) ?? 'convex' : folder
    return { rootDir, srcDir: config.srcDir ?? rootDir, functions: resolve(found) }
  })
  return [project!, ...others]
}

/**
 * The first layer that has a folder of functions, even if its code has not been generated yet. If
 * none has one, the project with the folder that a `convex.json` above it names, as in a monorepo.
 */
export function findFunctionsLayer(layers: [Layer, ...Layer[]], functions: string | undefined): Layer {
  const [project] = layers
  const existing = layers.find(layer => existsSync(layer.functions))
  return existing ?? { ...project, functions: createResolver('/').resolve(findFunctions(functions, project.rootDir)) }
}
