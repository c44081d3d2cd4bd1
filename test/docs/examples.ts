import { globSync, readFileSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import ts from 'typescript'
import { codegen } from '../../src/testing/index.ts'

export const ROOT = join(import.meta.dirname, '../..')

/** The app that the examples make up. */
export const APP = join(ROOT, '.docs-examples')

/** What a reader does to a mounted example, or sees of it. */
export interface Step { action: string, value: string }

/**
 * A fenced block whose language is `vue` or `ts`. GitHub shows nothing of what follows the language: `file="…"` says where in the app it
 * belongs, and the rest is a script: `as="nobody"`, `shows="…"`, `hides="…"`, `fill="…"`, `choose="…"`, `click="…"`, `logs="…"`.
 */
export interface Example {
  page: string
  /** Where it belongs in the app. */
  file: string
  code: string
  steps: Step[]
}

/** Every page of the documentation, by its path. */
export const pages = new Map(
  ['README.md', ...globSync('docs/**/*.md', { cwd: ROOT })].sort().map(page => [page, readFileSync(join(ROOT, page), 'utf8')]),
)

export const examples: Example[] = [...pages].flatMap(([page, text]) => readExamples(page, text))

/** A page without its fenced blocks. */
export function prose(text: string): string {
  return text.replace(/^```[\s\S]+?^```$/gm, '')
}

function readExamples(page: string, text: string): Example[] {
  const slug = page.replace(/^docs\//, '').replace(/\.md$/, '').replaceAll('/', '-').toLowerCase()
  const found: Example[] = []
  for (const [, language, info = '', code = ''] of text.matchAll(/^```(vue|ts)\b(.*)\n([\s\S]*?)^```$/gm)) {
    const words = [...info.matchAll(/(\w+)="([^"]*)"/g)].map(([, action, value]): Step => ({ action: action!, value: value! }))
    const file = words.find(({ action }) => action === 'file')?.value
    const room = /from '(?:vitest|convue\/testing)'/.test(code) ? 'test' : 'src'
    found.push({
      page,
      file: file ?? `${room}/${slug}-${found.length + 1}.${language}`,
      code,
      steps: words.filter(({ action }) => action !== 'file'),
    })
  }
  return found
}

/** What an example imports from a package. */
export function importsOf({ file, code }: Example, from: string): string[] {
  const script = file.endsWith('.vue') ? /<script[^>]*>([\s\S]*?)<\/script>/.exec(code)?.[1] ?? '' : code
  return ts.createSourceFile(file, script, ts.ScriptTarget.Latest).statements.flatMap((statement) => {
    if (!ts.isImportDeclaration(statement) || (statement.moduleSpecifier as ts.StringLiteral).text !== from)
      return []
    const names = statement.importClause?.namedBindings
    return names && ts.isNamedImports(names) ? names.elements.map(({ name }) => name.text) : []
  })
}

/** All that a module exports, types included. */
export function exportsOf(path: string): string[] {
  const source = ts.createSourceFile(path, readFileSync(join(ROOT, path), 'utf8'), ts.ScriptTarget.Latest)
  return source.statements.flatMap((statement) => {
    if (ts.isExportDeclaration(statement))
      return (statement.exportClause as ts.NamedExports).elements.map(({ name }) => name.text)
    const isExported = ts.canHaveModifiers(statement) && ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
    return isExported && 'name' in statement ? [(statement.name as ts.Identifier).text] : []
  })
}

const SUPPORT: Record<string, string> = {
  'tsconfig.json': JSON.stringify({ extends: '../tsconfig.json', include: ['**/*'] }),
  'src/env.d.ts': '/// <reference types="vite/client" />\n',
  'convex/seed.ts': `import { v } from 'convex/values'
import { internalMutation } from './_generated/server'

/** What each example begins with. */
export const reset = internalMutation({
  args: { ada: v.string() },
  handler: async (ctx, { ada }) => {
    for (const table of ['tasks', 'messages', 'readers', 'files'] as const) {
      for (const { _id } of await ctx.db.query(table).collect())
        await ctx.db.delete(_id)
    }
    for (const [index, text] of ['Buy milk', 'Call Grace', 'Write a letter'].entries())
      await ctx.db.insert('tasks', { owner: ada, text, done: index === 2, priority: index })
    for (const body of ['Hello', 'Who is there?', 'Ada is'])
      await ctx.db.insert('messages', { channel: 'general', body, author: ada })
    for (let index = 1; index <= 30; index++)
      await ctx.db.insert('messages', { channel: 'news', body: \`News \${index}\`, author: ada })
    await ctx.db.insert('readers', { document: 'The plan', reader: ada })
  },
})
`,
}

/** Writes the app. Files that are as they should be stay untouched, for those who watch them. */
export async function writeApp(): Promise<void> {
  const files = new Map([...Object.entries(SUPPORT), ...examples.map(({ file, code }) => [file, code] as const)])
  for (const folder of ['convex', 'src', 'test'])
    await mkdir(join(APP, folder), { recursive: true })
  const former = await readdir(APP, { recursive: true, withFileTypes: true })
  for (const entry of former) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile() && !path.includes('_generated') && !files.has(path.slice(APP.length + 1)))
      await rm(path)
  }
  for (const [file, text] of files) {
    const path = join(APP, file)
    await mkdir(dirname(path), { recursive: true })
    if (await readFile(path, 'utf8').catch(() => null) !== text)
      await writeFile(path, text)
  }
  await codegen({ functions: join(APP, 'convex') })
}
