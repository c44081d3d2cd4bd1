/** Adds the Nuxt module, and its options, to `nuxt.config`. */
import type { Node } from '@babel/types'
import { addElements, addProperties, findArray, findObject } from './literals.ts'
import { defaultExport, nameOf, parseSource, print, property, styledExpression } from './source.ts'

const MODULE = 'convue/nuxt'

/** The edited text, the same text if it has the module, or `null` if it cannot be edited safely. */
export function addNuxtModule(text: string, options: Record<string, string>): string | null {
  const source = parseSource(text)
  const config = source && findObject(source, defaultExport(source))
  if (!config)
    return null
  const modules = property(config, 'modules')
  if (modules) {
    const array = findArray(source, modules)
    if (!array)
      return null
    if (array.elements.some(isConvue))
      return text
    addElements(source, array, [styledExpression(source, `'${MODULE}'`)])
  }
  const entries = Object.entries(options).map(([name, value]) => `${name}: '${value}'`)
  const added: string[] = []
  if (!modules)
    added.push(`modules: ['${MODULE}']`)
  if (entries.length > 0 && !property(config, 'convex'))
    added.push(`convex: { ${entries.join(', ')} }`)
  if (added.length > 0)
    addProperties(source, config, added.map(code => styledExpression(source, code)))
  return print(source)
}

/** Returns whether an element of `modules` is this module, alone or with its options. */
function isConvue(element: Node | null): boolean {
  if (element?.type === 'ArrayExpression')
    return isConvue(element.elements[0] ?? null)
  return element !== null && nameOf(element) === MODULE
}
