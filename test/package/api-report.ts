/** The report of an entry: its exports and all types of the package that they mention, without comments, in a fixed order. */
import { dirname } from 'node:path'
import ts from 'typescript'

const printer = ts.createPrinter({ removeComments: true, newLine: ts.NewLineKind.LineFeed })

/**
 * @param file The declaration file of the entry. Bundlers divide declarations between files whose names change, so the report does not name them.
 */
export function reportApi(file: string): string {
  const program = ts.createProgram([file], { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, target: ts.ScriptTarget.ES2022, skipLibCheck: true, types: [], noLib: true })
  const checker = program.getTypeChecker()
  const root = dirname(file)
  const entry = checker.getSymbolAtLocation(program.getSourceFile(file)!)
  if (!entry)
    throw new Error(`${file} is not a module.`)

  const resolve = (symbol: ts.Symbol): ts.Symbol => symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
  const texts = new Map<ts.Node, string>()
  function visit(symbol: ts.Symbol): void {
    for (const declaration of symbol.declarations ?? []) {
      const statement = statementOf(declaration)
      if (!statement.getSourceFile().fileName.startsWith(root) || texts.has(statement))
        continue
      texts.set(statement, textOf(statement))
      const walk = (node: ts.Node): void => {
        if (ts.isIdentifier(node)) {
          const found = checker.getSymbolAtLocation(node)
          if (found)
            visitTop(resolve(found))
        }
        ts.forEachChild(node, walk)
      }
      walk(statement)
    }
  }

  // Members, parameters and type parameters are parts of a statement that is reported already.
  function visitTop(symbol: ts.Symbol): void {
    if (symbol.declarations?.some(declaration => ts.isSourceFile(statementOf(declaration).parent)))
      visit(symbol)
  }

  const names: string[] = []
  for (const symbol of checker.getExportsOfModule(entry)) {
    const target = resolve(symbol)
    names.push(symbol.name === target.name ? symbol.name : `${symbol.name} = ${target.name}`)
    visit(target)
  }
  return `exports ${names.sort().join(', ')}\n\n${[...texts.values()].sort().join('\n\n')}\n`
}

function statementOf(declaration: ts.Declaration): ts.Node {
  let node: ts.Node = declaration
  while (node.parent && !ts.isSourceFile(node.parent) && !ts.isModuleBlock(node.parent))
    node = node.parent
  return node
}

function textOf(statement: ts.Node): string {
  return printer.printNode(ts.EmitHint.Unspecified, statement, statement.getSourceFile()).replace(/^(?:export )?(?:default )?(?:declare )?/, '').trim()
}
