/** Adds `createConvex()` to the file that creates the Vue app. */
import { addImports, findAll, indentAt, localName, parseSource, print, styled } from './source.ts'

/** The code that the app uses. */
const USE = '.use(createConvex({ url: import.meta.env.VITE_CONVEX_URL, authClient }))'

/**
 * The edited text, the same text if it calls `createConvex`, or `null` if it cannot be edited
 * safely.
 *
 * @param text The text of the file.
 * @param authClient The path of the auth client, as the file imports it.
 */
export function addPlugin(text: string, authClient: string): string | null {
  const source = parseSource(text)
  if (!source)
    return null
  if (localName(source, 'convue', 'createConvex'))
    return text
  const createApp = localName(source, 'vue', 'createApp') ?? localName(source, 'vue', 'createSSRApp')
  const calls = findAll(source.program, node =>
    node.type === 'CallExpression' && node.callee.type === 'Identifier' && node.callee.name === createApp)
  const [call] = calls
  if (!call?.parent || calls.length !== 1)
    return null
  const { node, parent } = call
  const end = node.end!
  if (parent.type === 'MemberExpression' && parent.object === node) {
    const dot = /^\s*/.exec(text.slice(end))![0]
    const indent = indentAt(source, node.start!)
    // A chain on one line would become too long.
    source.edited.appendLeft(end, dot ? `${dot}${USE}` : `\n${indent}  ${USE}\n${indent}  `)
  }
  else if (parent.type === 'VariableDeclarator' && parent.id.type === 'Identifier' && parent.init === node) {
    const semicolon = text[end] === ';' ? 1 : 0
    const statement = styled(source, `${parent.id.name}${USE}`)
    source.edited.appendLeft(end + semicolon, `\n${indentAt(source, node.start!)}${statement}`)
  }
  else {
    return null
  }
  addImports(source, [['{ createConvex }', 'convue'], ['{ authClient }', authClient]])
  return print(source)
}
