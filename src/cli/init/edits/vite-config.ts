/** Adds `convue()` to the plugins of a Vite configuration. */
import { addElements, addProperties, findArray, findObject } from './literals.ts'
import { addImports, defaultExport, hasImport, parseSource, print, property } from './source.ts'

/** The edited text, the same text if it has the plugin, or `null` if it cannot be edited safely. */
export function addVitePlugin(text: string): string | null {
  const source = parseSource(text)
  if (!source)
    return null
  if (hasImport(source, 'convue/vite'))
    return text
  const config = findObject(source, defaultExport(source))
  if (!config)
    return null
  const plugins = property(config, 'plugins')
  if (plugins) {
    const array = findArray(source, plugins)
    if (!array)
      return null
    addElements(source, array, ['convue()'])
  }
  else {
    // Another object that is spread here may have plugins.
    if (config.properties.some(({ type }) => type === 'SpreadElement'))
      return null
    addProperties(source, config, ['plugins: [convue()]'])
  }
  addImports(source, [['{ convue }', 'convue/vite']])
  return print(source)
}
