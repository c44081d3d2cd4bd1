/** A module of an app: finds places in its syntax tree, and inserts code there. */
import type { Node, ObjectExpression, Program } from '@babel/types'
import { babelParse, MagicString, walk } from 'vue/compiler-sfc'

/** A module that is edited. */
export interface Source {
  text: string
  program: Program
  /** Collects the insertions. */
  edited: MagicString
}

/** Parses a module; `null` if it has a syntax error. */
export function parseSource(text: string): Source | null {
  try {
    const { program } = babelParse(text, { sourceType: 'module', plugins: ['typescript', 'jsx'] })
    return { text, program, edited: new MagicString(text) }
  }
  catch {
    return null
  }
}

/** The edited text; `null` if it would not be a valid module any more. */
export function print({ edited }: Source): string | null {
  const text = edited.toString()
  if (!parseSource(text))
    return null
  return text
}

/** Returns whether a module imports another module, for example `convue/vite`. */
export function hasImport({ program }: Source, module: string): boolean {
  return program.body.some(node => node.type === 'ImportDeclaration' && node.source.value === module)
}

/** The name under which a module imports an export of another module, if it does. */
export function localName({ program }: Source, module: string, name: string): string | undefined {
  for (const node of program.body) {
    if (node.type !== 'ImportDeclaration' || node.source.value !== module)
      continue
    for (const specifier of node.specifiers) {
      if (specifier.type === 'ImportSpecifier' && nameOf(specifier.imported) === name)
        return specifier.local.name
    }
  }
}

/** Adds imports after the last import of the module, in the style of its other imports. */
export function addImports(source: Source, imports: [names: string, module: string][]): void {
  const { program, edited } = source
  const lines = imports
    .filter(([, module]) => !hasImport(source, module))
    .map(([names, module]) => styled(source, `import ${names} from '${module}'`))
  if (lines.length === 0)
    return
  const last = program.body.findLast(node => node.type === 'ImportDeclaration')
  if (last)
    edited.appendLeft(last.end!, `\n${lines.join('\n')}`)
  else
    edited.prepend(`${lines.join('\n')}\n\n`)
}

/** Converts a statement with single quotes and without a semicolon to the style of the module. */
export function styled({ text, program }: Source, statement: string): string {
  const first = program.body.find(node => node.type === 'ImportDeclaration') ?? program.body[0]
  if (!first)
    return statement
  const sample = text.slice(first.start!, first.end!)
  let result = statement
  if (/^[^']*"/.test(sample))
    result = result.replaceAll('\'', '"')
  if (sample.endsWith(';'))
    result += ';'
  return result
}

/** Converts an expression with single quotes to the style of the module. */
export function styledExpression(source: Source, expression: string): string {
  return styled(source, expression).replace(/;$/, '')
}

/** The expression of `export default`. */
export function defaultExport({ program }: Source): Node | undefined {
  const node = program.body.find(node => node.type === 'ExportDefaultDeclaration')
  return node?.declaration
}

/** The initial value of a variable at the top level of the module. */
export function variable({ program }: Source, name: string): Node | undefined {
  for (const statement of program.body) {
    const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement
    if (declaration?.type !== 'VariableDeclaration')
      continue
    for (const { id, init } of declaration.declarations) {
      if (id.type === 'Identifier' && id.name === name)
        return init ?? undefined
    }
  }
}

/** The value of a property of an object in the source. */
export function property(object: ObjectExpression, name: string): Node | undefined {
  for (const member of object.properties) {
    if (member.type === 'ObjectProperty' && !member.computed && nameOf(member.key) === name)
      return member.value
  }
}

/** The name of an identifier or of a key in quotes. */
export function nameOf(node: Node): string | undefined {
  if (node.type === 'Identifier')
    return node.name
  if (node.type === 'StringLiteral')
    return node.value
}

/** All nodes for which `isWanted` returns true, each with its parent. */
export function findAll(root: Node, isWanted: (node: Node) => boolean): { node: Node, parent: Node | undefined }[] {
  const found: { node: Node, parent: Node | undefined }[] = []
  // The types of `walk` describe ESTree, but it visits the nodes of Babel, too.
  walk(root as any, {
    enter(node: unknown, parent: unknown) {
      if (isWanted(node as Node))
        found.push({ node: node as Node, parent: (parent ?? undefined) as Node | undefined })
    },
  })
  return found
}

/** The indentation of the line that contains a position. */
export function indentAt({ text }: Source, position: number): string {
  const start = text.lastIndexOf('\n', position - 1) + 1
  return /^[ \t]*/.exec(text.slice(start))![0]
}
