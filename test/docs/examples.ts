import { globSync, readFileSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import ts from 'typescript'
import { codegen } from '../../src/testing/index.ts'

export const ROOT = join(import.meta.dirname, '../..')

/** The folder of the app that consists of the examples. */
export const APP = join(ROOT, '.docs-examples')

/** The folder of the Nuxt app, relative to the app. */
const NUXT = 'nuxt/'

/** An action of a user on a mounted example, or a check of its content. */
export interface Step { action: string, value: string }

/**
 * A fenced block whose language is `vue` or `ts`. Attributes may follow the language; GitHub does not show them.
 * `file="…"` is the path of the example in the app. All other attributes are steps: `as="anonymous"`, `shows="…"`,
 * `hides="…"`, `fill="…"`, `fill="Label=…"`, `choose="…"`, `click="…"`, `logs="…"`; for the response of a server also
 * `get="…"`, `post="…"`, `status="…"`, `location="…"`, `header="…"`.
 */
export interface Example {
  page: string
  /** The path in the app. */
  file: string
  code: string
  steps: Step[]
}

/** Every page of the documentation, by its path. */
export const pages = new Map(
  ['README.md', ...globSync('docs/**/*.md', { cwd: ROOT })].sort().map(page => [page, readFileSync(join(ROOT, page), 'utf8')]),
)

export const allExamples: Example[] = [...pages].flatMap(([page, text]) => readExamples(page, text))

/** The examples of the app, and the examples of the Nuxt app by their paths in that app. */
export const examples = allExamples.filter(({ file }) => !file.startsWith(NUXT))
export const nuxtExamples = allExamples.filter(({ file }) => file.startsWith(NUXT)).map(example => ({ ...example, file: example.file.slice(NUXT.length) }))

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
    const room = /from '(?:vitest|convue\/testing(?:\/mock)?)'/.test(code) ? 'test' : /from 'convue\/server'/.test(code) ? 'server' : 'src'
    found.push({
      page,
      file: file ?? `${room}/${slug}-${found.length + 1}.${language}`,
      code,
      steps: words.filter(({ action }) => action !== 'file'),
    })
  }
  return found
}

/** The names that an example imports from a package. */
export function importsOf({ file, code }: Example, from: string): string[] {
  const script = file.endsWith('.vue') ? /<script[^>]*>([\s\S]*?)<\/script>/.exec(code)?.[1] ?? '' : code
  return ts.createSourceFile(file, script, ts.ScriptTarget.Latest).statements.flatMap((statement) => {
    if (!ts.isImportDeclaration(statement) || (statement.moduleSpecifier as ts.StringLiteral).text !== from)
      return []
    const names = statement.importClause?.namedBindings
    return names && ts.isNamedImports(names) ? names.elements.map(({ name }) => name.text) : []
  })
}

/** The names of all exports of a module, including types. */
export function exportsOf(path: string): string[] {
  const source = ts.createSourceFile(path, readFileSync(join(ROOT, path), 'utf8'), ts.ScriptTarget.Latest)
  return source.statements.flatMap((statement) => {
    if (ts.isExportDeclaration(statement))
      return (statement.exportClause as ts.NamedExports).elements.map(({ name }) => name.text)
    const isExported = ts.canHaveModifiers(statement) && ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
    return isExported && 'name' in statement ? [(statement.name as ts.Identifier).text] : []
  })
}

/** The data with which each example starts. */
const SEED = `import { v } from 'convex/values'
import { internalMutation } from './_generated/server'

export const reset = internalMutation({
  args: { ada: v.string() },
  handler: async (ctx, { ada }) => {
    for (const table of ['tasks', 'messages', 'readers', 'files'] as const) {
      for (const { _id } of await ctx.db.query(table).collect())
        await ctx.db.delete(_id)
    }
    for (const [index, text] of ['Buy milk', 'Call Grace', 'Write a letter'].entries())
      await ctx.db.insert('tasks', { owner: ada, text, done: index === 2, priority: index })
    for (const body of ['Hello', 'Where is Ada?', 'Ada is'])
      await ctx.db.insert('messages', { channel: 'general', body, author: ada })
    for (let index = 1; index <= 30; index++)
      await ctx.db.insert('messages', { channel: 'news', body: \`News \${index}\`, author: ada })
    await ctx.db.insert('readers', { document: 'The plan', reader: ada })
  },
})
`

/** Compiler options for every example, because an app may have stricter options than this repository. */
const STRICTER = { exactOptionalPropertyTypes: true }

const SUPPORT: Record<string, string> = {
  'tsconfig.json': JSON.stringify({ files: [], references: ['app', 'node'].map(name => ({ path: `./tsconfig.${name}.json` })) }),
  // As in create-vite: the sources of an app, and the functions that they import, have no types of Node.
  'tsconfig.app.json': JSON.stringify({ extends: '../tsconfig.json', compilerOptions: { ...STRICTER, types: ['vite/client'] }, include: ['src'] }),
  'tsconfig.node.json': JSON.stringify({ extends: '../tsconfig.json', compilerOptions: STRICTER, include: ['**/*'], exclude: ['before', 'nuxt'] }),
  'src/env.d.ts': '/// <reference types="vite/client" />\n',
  'convex/seed.ts': SEED,
  // The deployment bundles the functions itself, and finds packages only in `node_modules`. Without a `package.json`, the app would belong to the package
  // of the repository, and `convue` would be the built package.
  'package.json': JSON.stringify({ name: 'my-app', private: true, type: 'module' }),
  'node_modules/convue/package.json': JSON.stringify({ name: 'convue', type: 'module', exports: { './convex': './convex.ts' } }),
  'node_modules/convue/convex.ts': 'export * from \'../../../src/convex/index.ts\'\n',
}

const FOLDERS = ['api', 'convex', 'netlify', 'scripts', 'server', 'src', 'test', 'worker']

/** Writes the app. */
export async function writeApp(): Promise<void> {
  await writeFiles(APP, FOLDERS, { ...SUPPORT, ...textsOf(examples) })
  await codegen({ functions: join(APP, 'convex') })
}

/** The Convex functions of the examples, which both apps use. */
export function functionFiles(): Record<string, string> {
  return { 'convex/seed.ts': SEED, ...textsOf(examples.filter(({ file }) => file.startsWith('convex/'))) }
}

export function textsOf(examples: Example[]): Record<string, string> {
  return Object.fromEntries(examples.map(({ file, code }) => [file, code]))
}

/**
 * Writes the files of an app, and removes other files from `folders`. It does not write unchanged files, since a file
 * watcher would report them as changed.
 */
export async function writeFiles(app: string, folders: string[], files: Record<string, string>): Promise<void> {
  for (const folder of folders) {
    await mkdir(join(app, folder), { recursive: true })
    for (const entry of await readdir(join(app, folder), { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name)
      if (entry.isFile() && !path.includes('_generated') && !(path.slice(app.length + 1) in files))
        await rm(path, { force: true })
    }
  }
  for (const [file, text] of Object.entries(files)) {
    const path = join(app, file)
    await mkdir(dirname(path), { recursive: true })
    if (await readFile(path, 'utf8').catch(() => null) !== text)
      await writeFile(path, text)
  }
}
