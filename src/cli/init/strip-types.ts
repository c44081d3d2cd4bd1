/** Turns the TypeScript of a template into JavaScript, for apps that do not use TypeScript. */
import type { Node } from '@babel/types'
import { parse } from 'vue/compiler-sfc'
import { findAll, parseSource } from './edits/source.ts'

/** The text without types. Comments and formatting remain. */
export function stripTypes(text: string): string {
  const source = parseSource(text)
  if (!source)
    return text
  const { edited, program } = source
  const isType = (node: Node): boolean => rangeOfType(node, text) !== null
  for (const { node } of findAll(program, isType)) {
    const [start, end] = rangeOfType(node, text)!
    if (end > start)
      edited.remove(start, end)
  }
  return edited.toString().replace(/^\/\/ TypeScript .*\n/gm, '').replace(/\n{3,}/g, '\n\n').replace(/^\n+/, '')
}

/** The text of a single-file component without types. */
export function stripTypesOfComponent(text: string): string {
  const { scriptSetup } = parse(text, { sourceMap: false }).descriptor
  if (!scriptSetup)
    return text
  const { start, end } = scriptSetup.loc
  const script = `\n${stripTypes(scriptSetup.content)}`
  const stripped = [text.slice(0, start.offset), script, text.slice(end.offset)].join('')
  return stripped.replace('<script setup lang="ts">', '<script setup>')
}

/** The characters that are removed for a node; `null` for a node of JavaScript. */
function rangeOfType(node: Node, text: string): [start: number, end: number] | null {
  const [start, end] = [node.start!, node.end!]
  switch (node.type) {
    case 'ImportDeclaration':
      return node.importKind === 'type' ? [start, lineEnd(text, end)] : null
    case 'TSTypeAliasDeclaration':
    case 'TSInterfaceDeclaration':
      return [start, lineEnd(text, end)]
    case 'TSTypeAnnotation':
    case 'TSTypeParameterInstantiation':
      return [start, end]
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
    case 'TSNonNullExpression':
      return [node.expression.end!, end]
    default:
      return null
  }
}

function lineEnd(text: string, end: number): number {
  return text[end] === '\n' ? end + 1 : end
}
