/** Prints the functions of an app's own components as TypeScript types, for `codegen`. */
import type { ValidatorJSON } from '../engine/validator-json.ts'
import type { DescribedFunction } from '../functions/description.ts'
import { decodeLiteral } from '../engine/validator-json.ts'
import { FunctionsHost } from '../functions/host.ts'

/** Functions and folders of functions, by name. */
interface Tree {
  [name: string]: string | Tree
}

/**
 * Evaluates the functions of an app, and prints the type of each component, by path. Like the types
 * that `npx convex codegen` writes, they import nothing: a component may import modules of the app
 * that use the component.
 *
 * @throws ConvueError `FUNCTIONS_INVALID` if the functions cannot be evaluated.
 */
export async function printComponentTypes(
  functions: string,
  variables: Record<string, string>,
): Promise<Map<string, string>> {
  const host = await FunctionsHost.start(functions, { variables })
  try {
    return new Map(host.description.components.map(({ path, functions }) => [path, printTree(treeOf(functions))]))
  }
  finally {
    await host.dispose()
  }
}

function treeOf(functions: DescribedFunction[]): Tree {
  const root: Tree = {}
  for (const described of functions.filter(({ visibility }) => visibility === 'public')) {
    const folder = described.module.split('/').reduce((tree, name) => (tree[name] ??= {}) as Tree, root)
    folder[described.export] = printFunction(described)
  }
  return root
}

function printTree(tree: Tree): string {
  const entries = Object.entries(tree).map(([name, content]) => {
    const printed = typeof content === 'string' ? content : printTree(content)
    return `${JSON.stringify(name)}: ${printed}`
  })
  return `{ ${entries.join(', ')} }`
}

/** For its parent, the functions of a component are internal, and its ids are strings. */
function printFunction({ kind, argsValidator, returnsValidator }: DescribedFunction): string {
  const args = printType(JSON.parse(argsValidator))
  const returns = printType(returnsValidator === null ? null : JSON.parse(returnsValidator))
  return `FunctionReference<"${kind}", "internal", ${args}, ${returns}>`
}

function printType(validator: ValidatorJSON | null): string {
  switch (validator?.type) {
    case 'literal': {
      const value = decodeLiteral(validator.value)
      return typeof value === 'bigint' ? `${value}n` : JSON.stringify(value)
    }
    case 'id':
      return 'string'
    case 'bytes':
      return 'ArrayBuffer'
    case 'commitTs':
      return 'bigint'
    case 'array':
      return `Array<${printType(validator.value)}>`
    case 'record':
      return `Record<${printType(validator.keys)}, ${printType(validator.values.fieldType)}>`
    case 'union':
      return validator.value.map(printType).join(' | ') || 'never'
    case 'object': {
      const fields = Object.entries(validator.value).map(([name, { fieldType, optional }]) =>
        `${JSON.stringify(name)}${optional ? '?' : ''}: ${printType(fieldType)}`)
      return `{ ${fields.join(', ')} }`
    }
    default:
      return validator?.type ?? 'any'
  }
}
