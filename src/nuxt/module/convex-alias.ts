/** Adds aliases of the generated code: `#convex/api`, `#convex/server` and `#convex/dataModel`. */
import type { Nuxt } from 'nuxt/schema'
import type { Layer } from './layers.ts'
import { existsSync } from 'node:fs'
import { addTemplate, useLogger } from 'nuxt/kit'

/** `layer` is the layer that has the functions. */
export function addConvexAliases(nuxt: Nuxt, layer: Layer, project: Layer): void {
  for (const name of ['api', 'server', 'dataModel']) {
    let file = `${layer.functions}/_generated/${name}`
    const exists = ['.d.ts', '.ts', '.js'].some(extension => existsSync(file + extension))
    if (!exists)
      file = addPlaceholder(nuxt, name, file, explain(file, layer, project))
    nuxt.options.alias[`#convex/${name}`] = file
  }
}

function explain(file: string, layer: Layer, project: Layer): string {
  const folder = layer.rootDir === project.rootDir ? '' : ` in ${layer.rootDir}`
  return `${file} does not exist yet. Run \`npx convex dev\`${folder}, which writes it, `
    + 'or set `convex.functions` to the folder of your functions.'
}

/**
 * Adds a module that throws when it is imported. It is used until the generated file exists.
 * @returns the path of the module.
 */
function addPlaceholder(nuxt: Nuxt, name: string, file: string, message: string): string {
  if (name === 'api')
    useLogger('convue').warn(message)
  // The development server restarts as soon as the file exists.
  nuxt.options.watch.push(`${file}.js`, `${file}.d.ts`)
  return addTemplate({
    filename: `convue/missing-${name}.mjs`,
    write: true,
    getContents: () => `throw new Error(${JSON.stringify(`convue: ${message}`)})\n`
      + 'export const api = {}, internal = {}, components = {}\n',
  }).dst
}
