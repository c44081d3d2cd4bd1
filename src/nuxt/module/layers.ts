/** The project and its layers, as far as this module looks into them. */
import type { Nuxt } from 'nuxt/schema'
import type { ModuleOptions } from './options.ts'
import { createResolver } from 'nuxt/kit'
import { DEFAULT_FUNCTIONS } from './options.ts'

/** The project or one of its layers. */
export interface Layer {
  rootDir: string
  srcDir: string
  /** The folder in which its Convex functions would be. It need not exist. */
  functions: string
}

/** The project first, then its layers, in the order in which Nuxt lets them override each other. */
export function findLayers(nuxt: Nuxt, functions: string): [Layer, ...Layer[]] {
  const layers = nuxt.options._layers
  const declared = layers.map(({ config }) => (config as { convex?: ModuleOptions }).convex?.functions)
  const [project, ...others] = layers.map(({ config, cwd }, index): Layer => {
    const rootDir = config.rootDir ?? cwd
    // The module's own option is the project's, unless a layer declares the same value: then it is
    // a path in that layer.
    const isProjects = index === 0 && !declared.slice(1).includes(functions)
    const folder = declared[index] ?? (isProjects ? functions : DEFAULT_FUNCTIONS)
    return { rootDir, srcDir: config.srcDir ?? rootDir, functions: createResolver(rootDir).resolve(folder) }
  })
  return [project!, ...others]
}
