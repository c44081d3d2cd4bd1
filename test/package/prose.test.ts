import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (file: string): string => readFileSync(`${root}/${file}`, 'utf8')
const find = (pattern: string): string[] => globSync(pattern, { cwd: root }).filter(file => !/node_modules|_generated/.test(file)).sort()

const isTesting = (file: string): boolean => file.startsWith('src/testing/')

const sources = find('src/**/*.ts').filter(file => !file.startsWith('src/cli/templates/'))
/** Files that `convue init` writes into an app. */
const templates = find('src/cli/templates/**/*.{ts,vue}')
const tests = find('test/**/*.test{,-d}.ts')
const examples = [...find('examples/**/*.{ts,vue}'), ...templates]
const pages = [...find('docs/**/*.md'), 'README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'bench/README.md', 'playground/README.md', ...find('examples/**/*.md')]

/** Words that make a sentence hard to understand, each with its replacement: see docs/contributing/glossary.md. */
const BANNED: [pattern: RegExp, instead: string][] = [
  [/\b(?:whoever|nobody|somebody|anybody|who is there)\b/gi, 'the user, anonymous, the current identity'],
  [/\bformer\b/gi, 'previous'],
  [/\bfor good\b/gi, 'permanently'],
  [/\banew\b/gi, 'again'],
  // "There is no session" is allowed, "this is no session" is not.
  [/(?<!\bthere )\bis no(?! longer\b)\b/gi, 'is not a'],
  [/\bgives no\b/gi, 'does not return'],
  [/\bwhat was asked\b/gi, 'the request, the query'],
  [/\bis told\b/gi, 'receives'],
  [/\bhands over\b/gi, 'passes'],
]

/** Allowed uses of a banned word: the file, the text around the word, and the reason. */
const EXCEPTIONS: { file: string, text: string, reason: string }[] = [
  { file: 'docs/contributing/glossary.md', text: '', reason: 'may name the words that it replaces' },
]

const LONGEST_CODE_LINE = 120
const LONGEST_COMMENT_LINE = 100
const MOST_TERNARIES_PER_1000_LINES = 12
const LONGEST_TEST_NAME = 90

describe('the files of src', () => {
  it('open with one line that describes their content', () => {
    const wrong = sources.filter(file => !/^\/\*\* .{10,} \*\/$|^\/\/ .{10,}$/.test(read(file).replace(/^#!.*\n/, '').split('\n')[0]!))
    expect(wrong).toEqual([])
  })

  it('have no line of more than 120 columns, nor a comment of more than 100', () => {
    expect(sources.flatMap(longLines)).toEqual([])
  })

  // The embedded deployment is more than half of src, so it is also measured separately.
  it.each([
    { name: 'src', measured: sources },
    { name: 'src/testing', measured: sources.filter(isTesting) },
  ])('have at most 12 ternaries per 1,000 lines, and none inside another, in $name', ({ measured }) => {
    let ternaries = 0
    const nested: string[] = []
    for (const file of measured) {
      forEachNode(file, (node, source) => {
        if (!ts.isConditionalExpression(node))
          return
        ternaries++
        if (ts.isConditionalExpression(node.whenTrue) || ts.isConditionalExpression(node.whenFalse))
          nested.push(`${file}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`)
      })
    }
    const lines = measured.reduce((sum, file) => sum + read(file).trimEnd().split('\n').length, 0)
    expect(nested).toEqual([])
    expect(ternaries / lines * 1000).toBeLessThanOrEqual(MOST_TERNARIES_PER_1000_LINES)
  })
})

describe('all files', () => {
  it('have no marks of a conflict that a merge has left', () => {
    const marked = [...sources, ...tests, ...examples, ...pages].filter(file => /^(?:<{7}|>{7}) /m.test(read(file)))
    expect(marked).toEqual([])
  })
})

describe('the files of examples', () => {
  it('have no line of more than 120 columns, nor a comment of more than 100', () => {
    expect(examples.length).toBeGreaterThan(0)
    expect(examples.flatMap(longLines)).toEqual([])
  })
})

describe('test names', () => {
  it('have at most 90 characters', () => {
    expect(tests.filter(file => file.endsWith('.test-d.ts'))).not.toEqual([])
    const names = tests.flatMap(testNames).filter(name => name.length > LONGEST_TEST_NAME)
    expect(names).toEqual([])
  })
})

describe('banned words', () => {
  it('do not occur in src', () => {
    expect(sources.flatMap(file => bannedIn(file, read(file)))).toEqual([])
  })

  it('do not occur in the examples', () => {
    expect(examples.flatMap(file => bannedIn(file, read(file)))).toEqual([])
  })

  it('do not occur in test names', () => {
    expect(tests.flatMap(file => bannedIn(file, testNames(file).join('\n')))).toEqual([])
  })

  it('do not occur in the docs', () => {
    expect(pages.flatMap(file => bannedIn(file, read(file)))).toEqual([])
  })

  it('have no unused exception', () => {
    const unused = EXCEPTIONS.filter(({ file, text }) => text && !read(file).includes(text))
    expect(unused).toEqual([])
  })
})

function longLines(file: string): string[] {
  return read(file).split('\n').flatMap((line, index) => {
    const limit = /^\s*(?:\*|\/\/|\/\*)/.test(line) ? LONGEST_COMMENT_LINE : LONGEST_CODE_LINE
    // A link cannot be broken.
    return line.length > limit && !/https?:\/\//.test(line) ? [`${file}:${index + 1} has ${line.length} columns`] : []
  })
}

function bannedIn(file: string, text: string): string[] {
  return text.split('\n').flatMap((line, index) => BANNED.flatMap(([pattern, instead]) =>
    [...line.matchAll(pattern)]
      .filter(() => !EXCEPTIONS.some(exception => exception.file === file && line.includes(exception.text)))
      .map(([word]) => `${file}:${index + 1} "${word}": write ${instead}`)))
}

/** The names of all `describe` and `it` blocks of a file. */
function testNames(file: string): string[] {
  const names: string[] = []
  forEachNode(file, (node) => {
    if (!ts.isCallExpression(node) || !/^(?:describe|it|test)\b/.test(node.expression.getText()))
      return
    const name = node.arguments[0]
    if (name && (ts.isStringLiteral(name) || ts.isNoSubstitutionTemplateLiteral(name)))
      names.push(name.text)
  })
  return names
}

function forEachNode(file: string, visit: (node: ts.Node, source: ts.SourceFile) => void): void {
  const source = ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true)
  const walk = (node: ts.Node): void => {
    visit(node, source)
    ts.forEachChild(node, walk)
  }
  walk(source)
}
