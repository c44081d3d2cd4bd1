/** Adds routes to the file that creates the router. */
import { addElements, findArray, findObject } from './literals.ts'
import { findAll, hasImport, localName, parseSource, print, property, styledExpression } from './source.ts'

/** A page of the app. */
export interface Route {
  path: string
  /** The path of the component, as the router's file imports it. */
  component: string
}

/** Returns whether Vue Router itself or `unplugin-vue-router` makes the routes from files. */
export function hasFileRoutes(text: string): boolean {
  const source = parseSource(text)
  return source !== null && hasImport(source, 'vue-router/auto-routes')
}

/** Returns whether a module creates a router. */
export function createsRouter(text: string): boolean {
  const source = text.includes('createRouter') ? parseSource(text) : null
  return source !== null && localName(source, 'vue-router', 'createRouter') !== undefined
}

/** The edited text, the same text if it has the routes, or `null` if it cannot be edited safely. */
export function addRoutes(text: string, routes: Route[]): string | null {
  const source = parseSource(text)
  if (!source)
    return null
  const existing = new Set(findAll(source.program, node => node.type === 'StringLiteral')
    .map(({ node }) => node.type === 'StringLiteral' && node.value))
  const missing = routes.filter(({ path }) => !existing.has(path))
  if (missing.length === 0)
    return text
  const createRouter = localName(source, 'vue-router', 'createRouter')
  const [call, other] = findAll(source.program, node =>
    node.type === 'CallExpression' && node.callee.type === 'Identifier' && node.callee.name === createRouter)
  if (call?.node.type !== 'CallExpression' || other)
    return null
  const options = findObject(source, call.node.arguments[0])
  const list = options && findArray(source, property(options, 'routes'))
  if (!list)
    return null
  addElements(source, list, missing.map(({ path, component }) =>
    styledExpression(source, `{ path: '${path}', component: () => import('${component}') }`)))
  return print(source)
}
