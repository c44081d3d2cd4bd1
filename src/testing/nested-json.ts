/** Refuses JSON that is nested so deeply that reading it would exceed the stack. */

/** The limit of Convex's own parser. */
const MAX_DEPTH = 127

/** @throws {SyntaxError} if the text is not JSON, or is nested too deeply. */
export function parseNestedJson(text: string): unknown {
  if (countBrackets(text) > MAX_DEPTH && depthOf(text) > MAX_DEPTH)
    throw new SyntaxError('recursion limit exceeded')
  return JSON.parse(text)
}

/** An upper bound for the number of lists and objects in JSON. Also counts brackets in strings. */
export function countBrackets(text: string): number {
  return count(text, '[') + count(text, '{')
}

/** `indexOf` searches much faster than a loop over the characters. */
function count(text: string, bracket: string): number {
  let brackets = 0
  for (let position = text.indexOf(bracket); position !== -1; position = text.indexOf(bracket, position + 1))
    brackets += 1
  return brackets
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
