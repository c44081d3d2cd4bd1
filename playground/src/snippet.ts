/** The name of a file, and its source as Vite's `?raw` returns it. */
export interface SourceFile {
  name: string
  source: string
}

/**
 * The part of a source between `// #region snippet` and `// #endregion`, without its indentation. So a page
 * shows the code that it runs.
 */
export function snippet(source: string): string {
  const all = source.split('\n')
  const marked = (mark: string): number => all.findIndex(line => line.trim() === mark)
  const lines = all.slice(marked('// #region snippet') + 1, marked('// #endregion'))
  const indent = Math.min(...lines.filter(line => line.trim()).map(line => line.search(/\S/)))
  return lines.map(line => line.slice(indent)).join('\n')
}

/** A part of the code, and its kind for the highlighting. */
export interface Token {
  kind: 'comment' | 'string' | 'keyword' | 'name' | 'plain'
  text: string
}

const TOKENS = /(?<comment>\/\/.*|\/\*\*.*\*\/)|(?<string>'[^'\n]*')|(?<keyword>\b(?:import|from|const|let|await|async|return|new|if|else|for|of|function|export|true|false|null|undefined)\b)|(?<name>\b[A-Za-z]\w*(?=\())/g

/** A minimal highlighter for short snippets of TypeScript. */
export function highlight(code: string): Token[] {
  const tokens: Token[] = []
  let end = 0
  for (const match of code.matchAll(TOKENS)) {
    if (match.index > end) {
      tokens.push({
        kind: 'plain',
        text: code.slice(end, match.index),
      })
    }
    const kind = Object.entries(match.groups!).find(([, text]) => text !== undefined)![0] as Token['kind']
    tokens.push({ kind, text: match[0] })
    end = match.index + match[0].length
  }
  tokens.push({
    kind: 'plain',
    text: code.slice(end),
  })
  return tokens
}
