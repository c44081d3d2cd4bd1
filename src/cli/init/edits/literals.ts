/** Finds the objects and arrays of a configuration, and adds members to them. */
import type { ArrayExpression, Node, ObjectExpression } from '@babel/types'
import type { Source } from './source.ts'
import { findAll, indentAt, nameOf, variable } from './source.ts'

/** The functions whose argument is the configuration. */
const DEFINERS = new Set(['defineConfig', 'defineNuxtConfig', 'defineSchema', 'defineViteConfig'])

/**
 * The object that an expression evaluates to: itself, in a variable, as the argument of
 * `defineConfig`, or as the only result of a function. `undefined` if it cannot be found with
 * certainty.
 */
export function findObject(source: Source, node: Node | undefined): ObjectExpression | undefined {
  switch (node?.type) {
    case 'ObjectExpression':
      return node
    case 'Identifier':
      return findObject(source, variable(source, node.name))
    case 'CallExpression':
      return DEFINERS.has(nameOf(node.callee) ?? '') ? findObject(source, node.arguments[0]) : undefined
    case 'ArrowFunctionExpression':
    case 'FunctionExpression':
    case 'FunctionDeclaration':
      return findObject(source, onlyResult(node.body))
    case 'AwaitExpression':
      return findObject(source, node.argument ?? undefined)
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
      return findObject(source, node.expression)
  }
}

/** The array that an expression evaluates to, including the array of `[…].filter(Boolean)`. */
export function findArray(source: Source, node: Node | undefined): ArrayExpression | undefined {
  switch (node?.type) {
    case 'ArrayExpression':
      return node
    case 'Identifier':
      return findArray(source, variable(source, node.name))
    case 'CallExpression':
      if (node.callee.type === 'MemberExpression' && nameOf(node.callee.property) === 'filter')
        return findArray(source, node.callee.object)
      return undefined
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
      return findArray(source, node.expression)
  }
}

/**
 * The expression that a function returns, if it has only one `return`. A `return` of an inner
 * function does not count.
 */
function onlyResult(body: Node): Node | undefined {
  if (body.type !== 'BlockStatement')
    return body
  const inner = findAll(body, node => /Function|ObjectMethod|ClassMethod/.test(node.type))
  const results = findAll(body, node => node.type === 'ReturnStatement')
    .filter(({ node }) => !inner.some(({ node: { start, end } }) => start! < node.start! && node.end! < end!))
  const [first] = results
  if (results.length !== 1 || first?.node.type !== 'ReturnStatement')
    return undefined
  return first.node.argument ?? undefined
}

/** Adds elements to the end of an array. */
export function addElements(source: Source, array: ArrayExpression, codes: string[]): void {
  const elements = array.elements.filter(element => element !== null)
  const last = elements.at(-1)
  if (last)
    addAfter(source, array, last, codes)
  else
    source.edited.appendLeft(array.start! + 1, codes.join(', '))
}

/** Adds properties, or spreads, to the end of an object. */
export function addProperties(source: Source, object: ObjectExpression, codes: string[]): void {
  const last = object.properties.at(-1)
  if (last) {
    addAfter(source, object, last, codes)
    return
  }
  const indent = indentAt(source, object.start!)
  const lines = codes.map(code => `\n${indent}  ${code},`).join('')
  source.edited.appendLeft(object.start! + 1, `${lines}\n${indent}`)
}

function addAfter(source: Source, list: Node, last: Node, codes: string[]): void {
  const { edited, text } = source
  const isMultiLine = text.slice(list.start!, last.start!).includes('\n')
  if (!isMultiLine) {
    edited.appendLeft(last.end!, codes.map(code => `, ${code}`).join(''))
    return
  }
  const separator = `\n${indentAt(source, last.start!)}`
  const comma = /^\s*,/.exec(text.slice(last.end!))?.[0]
  if (comma)
    edited.appendLeft(last.end! + comma.length, codes.map(code => `${separator}${code},`).join(''))
  else
    edited.appendLeft(last.end!, codes.map(code => `,${separator}${code}`).join(''))
}
