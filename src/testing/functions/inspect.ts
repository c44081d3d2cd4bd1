/** Writes values as the console of Convex does, which uses the package `object-inspect`. */
import { inspect as inspectInNode } from 'node:util'

const LONGEST_TEXT = 32768
const DEEPEST_LEVEL = 5

/** The text of an argument of `console.log`: strings in quotes, objects over several lines. */
export function inspect(value: unknown): string {
  return write(value, { depth: 0, parents: [], isSingleLine: false })
}

/** The place of a value in the values that contain it. */
interface Position {
  depth: number
  parents: object[]
  /** Keys of maps are written on one line. */
  isSingleLine: boolean
}

function write(value: unknown, position: Position): string {
  switch (typeof value) {
    case 'string':
      return quote(value)
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value)
    case 'bigint':
      return `${value}n`
    case 'function':
      return writeFunction(value, position)
    case 'object':
      return value === null ? 'null' : writeObject(value, position)
    default:
      return String(value)
  }
}

function quote(text: string): string {
  const short = text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}...` : text
  return `'${short.replace(/['\\]/g, '\\$&').replace(/\p{Cc}/gu, escapeControl)}'`
}

function escapeControl(character: string): string {
  const known: Record<string, string> = { '\b': 'b', '\t': 't', '\n': 'n', '\f': 'f', '\r': 'r' }
  const code = character.charCodeAt(0)
  if (code > 0x1F)
    return character
  return `\\${known[character] ?? `x${code.toString(16).toUpperCase().padStart(2, '0')}`}`
}

function writeFunction(value: object & { name?: string }, position: Position): string {
  const text = `[Function${value.name ? `: ${value.name}` : ' (anonymous)'}]`
  const entries = writeEntries(value, inside(value, position))
  if (entries.length === 0)
    return text
  return `${text} { ${entries.join(', ')} }`
}

function writeObject(value: object, position: Position): string {
  if (position.parents.includes(value))
    return '[Circular]'
  if (position.depth >= DEEPEST_LEVEL)
    return Array.isArray(value) ? '[Array]' : '[Object]'
  const custom = writeSelf(value)
  if (custom !== undefined)
    return custom
  if (Array.isArray(value))
    return writeArray(value, position)
  if (value instanceof Error)
    return writeError(value, inside(value, position))
  if (value instanceof Map || value instanceof Set)
    return writeCollection(value, position)
  if (value instanceof WeakMap || value instanceof WeakSet || value instanceof WeakRef)
    return `${value.constructor.name} { ? }`
  if (value instanceof Date || value instanceof RegExp)
    return String(value)
  if (isBoxed(value))
    return `Object(${write(value.valueOf(), position)})`
  return writeBlock(`${prefixOf(value)}{`, writeEntries(value, inside(value, position)), position)
}

/** The text of an object that has a method of its own for this purpose, such as a `URL`. */
function writeSelf(value: object): string | undefined {
  if (inspectInNode.custom in value)
    return inspectInNode(value)
  if (!('inspect' in value) || typeof value.inspect !== 'function')
    return undefined
  const written: unknown = value.inspect()
  return typeof written === 'string' ? written : undefined
}

function writeArray(array: unknown[], position: Position): string {
  const items = Array.from(array, (item, index) => index in array ? write(item, inside(array, position)) : '')
  const isIndex = (key: string): boolean => String(Number(key)) === key && Number(key) < array.length
  const properties = Object.keys(array).filter(key => !isIndex(key))
  const extra = properties.map(key => `${writeKey(key)}: ${write((array as any)[key], inside(array, position))}`)
  const entries = [...items, ...extra]
  if (entries.length === 0)
    return '[]'
  const hasLines = entries.some(entry => entry.includes('\n'))
  if (hasLines && !position.isSingleLine)
    return `[${indent(entries, position)}]`
  return `[ ${entries.join(', ')} ]`
}

function writeError(error: Error, position: Position): string {
  const entries = writeEntries(error, position)
  if ('cause' in error && !Object.keys(error).includes('cause'))
    entries.unshift(`[cause]: ${write(error.cause, position)}`)
  const text = `[${String(error)}]`
  if (entries.length === 0)
    return text
  return `{ ${text} ${entries.join(', ')} }`
}

function writeCollection(value: Map<unknown, unknown> | Set<unknown>, position: Position): string {
  const place = inside(value, position)
  if (value instanceof Set)
    return writeBlock(`Set (${value.size}) {`, Array.from(value, item => write(item, place)), position)
  const entries = Array.from(value, ([key, item]) =>
    `${write(key, { ...place, isSingleLine: true })} => ${write(item, place)}`)
  return writeBlock(`Map (${value.size}) {`, entries, position)
}

/** The properties of an object, those with symbols last. */
function writeEntries(value: object, position: Position): string[] {
  const isEnumerable = (key: symbol): boolean => Object.prototype.propertyIsEnumerable.call(value, key)
  const symbols = Object.getOwnPropertySymbols(value).filter(isEnumerable)
  return [
    ...Object.keys(value).map(key => `${writeKey(key)}: ${write((value as any)[key], position)}`),
    ...symbols.map(key => `[${String(key)}]: ${write((value as any)[key], position)}`),
  ]
}

function writeBlock(open: string, entries: string[], position: Position): string {
  if (entries.length === 0)
    return `${open}}`
  if (position.isSingleLine)
    return `${open} ${entries.join(', ')} }`
  return `${open}${indent(entries, position)}}`
}

function indent(entries: string[], { depth }: Position): string {
  const lineStart = `\n${'  '.repeat(depth + 1)}`
  return `${lineStart}${entries.join(`,${lineStart}`)}\n${'  '.repeat(depth)}`
}

function inside(value: object, { depth, parents, isSingleLine }: Position): Position {
  return { depth: depth + 1, parents: [...parents, value], isSingleLine }
}

function writeKey(key: string): string {
  if (/^[\w$]+$/.test(key))
    return key
  return quote(key)
}

/** The name of the object's class and its tag, unless it is a plain object. */
function prefixOf(value: object): string {
  const prototype = Object.getPrototypeOf(value) as object | null
  if (prototype === null)
    return '[Object: null prototype] '
  if (prototype === Object.prototype)
    return ''
  const name = value.constructor?.name ? `${value.constructor.name} ` : ''
  const tag = Symbol.toStringTag in value ? `[${String(value[Symbol.toStringTag])}] ` : ''
  return name + tag
}

function isBoxed(value: object): boolean {
  return [Boolean, Number, String, Symbol, BigInt].some(type => value instanceof type)
}
