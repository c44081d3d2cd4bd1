/** Refuses JSON that is nested so deeply that reading it would exceed the stack. */

/** The limit of Convex's own parser. */
const MAX_DEPTH = 127

/** @throws {SyntaxError} if the text is not JSON, or is nested too deeply. */
export function parseNestedJson(text: string): unknown {
  // Each level takes two characters, so a short text does not have to be checked.
  if (text.length > 2 * MAX_DEPTH && depthOf(text) > MAX_DEPTH)
    throw new SyntaxError('recursion limit exceeded')
  return JSON.parse(text)
}

/** The deepest nesting of lists and objects. Brackets in strings do not count. */
function depthOf(text: string): number {
  let [depth, deepest, isInString] = [0, 0, false]
  for (let position = 0; position < text.length; position++) {
    const character = text[position]
    if (character === '"')
      isInString = !isInString
    else if (isInString)
      position += character === '\\' ? 1 : 0
    else if (character === '[' || character === '{')
      deepest = Math.max(deepest, ++depth)
    else if (character === ']' || character === '}')
      depth -= 1
  }
  return deepest
}
