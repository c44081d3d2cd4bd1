/** Edits existing Convex files of an app: its schema, auth configuration, routes and components. */
import { addElements, addProperties, findArray, findObject } from './literals.ts'
import {
  addImports,
  defaultExport,
  findAll,
  nameOf,
  parseSource,
  print,
  property,
  styled,
  styledExpression,
} from './source.ts'

/** The tables that a schema needs. */
interface NeededTables {
  /** The definition of the table `tasks`, as a property. */
  tasks: string
  /** `true` if the schema contains the tables of Better Auth. */
  hasAuthTables: boolean
}

/** Adds tables to `defineSchema({ … })`. */
export function addTables(text: string, { tasks, hasAuthTables }: NeededTables): string | null {
  const source = parseSource(text)
  const tables = source && findObject(source, defaultExport(source))
  if (!tables)
    return null
  const hasThem = findAll(tables, node => node.type === 'Identifier' && node.name === 'authTables').length > 0
  const needsAuth = hasAuthTables && !hasThem
  const needsTasks = !property(tables, 'tasks')
  if (!needsAuth && !needsTasks)
    return text
  const added: string[] = []
  const imports: [names: string, module: string][] = []
  if (needsAuth)
    added.push('...authTables')
  if (needsTasks) {
    added.push(styledExpression(source, tasks))
    imports.push(['{ v }', 'convex/values'])
  }
  if (needsAuth)
    imports.push(['{ authTables }', './authTables'])
  addProperties(source, tables, added)
  addImports(source, imports)
  return print(source)
}

/** Adds the routes of Better Auth to the default export of `http.ts`, which must be a variable. */
export function addAuthRoutes(text: string): string | null {
  const source = parseSource(text)
  if (!source)
    return null
  if (/\b(?:registerAuthRoutes|registerRoutes)\b/.test(text))
    return text
  const http = defaultExport(source)
  const exported = source.program.body.find(node => node.type === 'ExportDefaultDeclaration')
  if (http?.type !== 'Identifier' || !exported)
    return null
  source.edited.appendLeft(exported.start!, `${styled(source, `registerAuthRoutes(${http.name}, createAuth)`)}\n\n`)
  addImports(source, [['{ registerAuthRoutes }', 'convue/convex'], ['{ createAuth }', './auth']])
  return print(source)
}

/** Adds the provider of Better Auth's tokens to `auth.config.ts`. */
export function addProvider(text: string, module: string): string | null {
  const source = parseSource(text)
  const config = source && findObject(source, defaultExport(source))
  if (!config)
    return null
  if (/\bgetAuthConfigProvider\b/.test(text))
    return text
  const providers = findArray(source, property(config, 'providers'))
  if (!providers)
    return null
  addElements(source, providers, ['getAuthConfigProvider()'])
  addImports(source, [['{ getAuthConfigProvider }', module]])
  return print(source)
}

/** Adds the component of Better Auth to `convex.config.ts`. */
export function addComponentOfAuth(text: string): string | null {
  const source = parseSource(text)
  const app = source && defaultExport(source)
  const exported = source?.program.body.find(node => node.type === 'ExportDefaultDeclaration')
  if (!source || !exported || app?.type !== 'Identifier')
    return null
  if (text.includes('@convex-dev/better-auth/convex.config'))
    return text
  source.edited.appendLeft(exported.start!, `${styled(source, `${nameOf(app)}.use(betterAuth)`)}\n\n`)
  addImports(source, [['betterAuth', '@convex-dev/better-auth/convex.config']])
  return print(source)
}
