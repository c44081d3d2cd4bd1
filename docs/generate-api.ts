/** Writes the API reference, `docs/reference/api/`, from the docstrings of the public entry points. `npm run docs:api` runs it. */
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import process from 'node:process'
import ts from 'typescript'

const ROOT = join(import.meta.dirname, '..')
const FOLDER = 'docs/reference/api'

interface Page {
  file: string
  title: string
  /** The module from which everything on the page is imported. */
  module: string
  entry: string
  /** Pages with explanations and longer examples: the title of each page, and its file in `docs/reference/`. */
  guides: Record<string, string>
  /**
   * Paths of the source files whose exports are on this page. Without this pattern, the page contains all other exports
   * of its entry point.
   */
  sources?: RegExp
}

const PAGES: Page[] = [
  {
    file: 'queries.md',
    title: 'Queries',
    module: 'convue',
    entry: 'src/index.ts',
    guides: { Queries: 'queries.md' },
    sources: /^src\/(?:composables\/query\/|.*\/(?:preloaded|query-descriptor)\.)/,
  },
  {
    file: 'paginated-queries.md',
    title: 'Paginated queries',
    module: 'convue',
    entry: 'src/index.ts',
    guides: { 'Paginated queries': 'paginated-queries.md' },
    sources: /^src\/(?:composables\/pagination\/|.*\/paginated-query\b)/,
  },
  {
    file: 'calls.md',
    title: 'Mutations, actions and client',
    module: 'convue',
    entry: 'src/index.ts',
    guides: { 'Mutations and actions': 'writes.md', 'Client and connection': 'client.md' },
    sources: /^src\/composables\/call\//,
  },
  {
    file: 'forms.md',
    title: 'Forms',
    module: 'convue',
    entry: 'src/index.ts',
    guides: { Forms: 'forms.md' },
    sources: /^src\/composables\/form\//,
  },
  {
    file: 'presence.md',
    title: 'Presence',
    module: 'convue',
    entry: 'src/index.ts',
    guides: { Presence: 'presence.md' },
    sources: /^src\/composables\/presence\//,
  },
  {
    file: 'uploads.md',
    title: 'Uploads',
    module: 'convue',
    entry: 'src/index.ts',
    guides: { Uploads: 'uploads.md' },
    sources: /^src\/composables\/upload\//,
  },
  {
    file: 'auth.md',
    title: 'Authentication',
    module: 'convue',
    entry: 'src/index.ts',
    guides: { Authentication: 'auth.md' },
    sources: /^src\/(?:composables\/auth\/|components\/|plugin\/auth\.)/,
  },
  {
    file: 'errors.md',
    title: 'Errors',
    module: 'convue',
    entry: 'src/index.ts',
    guides: { Errors: 'errors.md' },
    sources: /^src\/errors\//,
  },
  {
    file: 'plugin.md',
    title: 'Plugin',
    module: 'convue',
    entry: 'src/index.ts',
    guides: { Plugin: 'plugin.md' },
  },
  {
    file: 'server.md',
    title: 'convue/server',
    module: 'convue/server',
    entry: 'src/server/index.ts',
    guides: { Server: 'server.md' },
  },
  {
    file: 'convex-client.md',
    title: 'convue/convex/client',
    module: 'convue/convex/client',
    entry: 'src/convex/client/index.ts',
    guides: { 'Pages on another domain': 'cross-domain.md' },
  },
  {
    file: 'nuxt.md',
    title: 'convue/nuxt',
    module: 'convue/nuxt',
    entry: 'src/nuxt/module.ts',
    guides: { Nuxt: 'nuxt.md' },
  },
  {
    file: 'convex.md',
    title: 'convue/convex',
    module: 'convue/convex',
    entry: 'src/convex/index.ts',
    guides: { 'convue/convex': 'convex.md' },
  },
  {
    file: 'convex-database.md',
    title: 'convue/convex/database',
    module: 'convue/convex/database',
    entry: 'src/convex/http-database/index.ts',
    guides: { 'convue/convex': 'convex.md' },
  },
  {
    file: 'testing.md',
    title: 'convue/testing',
    module: 'convue/testing',
    entry: 'src/testing/index.ts',
    guides: { Testing: 'testing.md' },
  },
  {
    file: 'persist.md',
    title: 'convue/persist',
    module: 'convue/persist',
    entry: 'src/persist/index.ts',
    guides: { 'Results of the last visit': 'persist.md' },
  },
  {
    file: 'offline.md',
    title: 'convue/offline',
    module: 'convue/offline',
    entry: 'src/offline/index.ts',
    guides: { 'Mutations that survive a reload': 'outbox.md' },
  },
  {
    file: 'sources.md',
    title: 'convue/sources',
    module: 'convue/sources',
    entry: 'src/sources/index.ts',
    guides: { 'Other identity providers': 'sources.md' },
  },
  {
    file: 'tabs.md',
    title: 'convue/tabs',
    module: 'convue/tabs',
    entry: 'src/tabs/index.ts',
    guides: { 'One connection for all tabs': 'tabs.md' },
  },
  {
    file: 'tanstack-query.md',
    title: 'convue/tanstack-query',
    module: 'convue/tanstack-query',
    entry: 'src/tanstack-query/index.ts',
    guides: { 'Query caches': 'query-caches.md' },
  },
  {
    file: 'pinia-colada.md',
    title: 'convue/pinia-colada',
    module: 'convue/pinia-colada',
    entry: 'src/pinia-colada/index.ts',
    guides: { 'Query caches': 'query-caches.md' },
  },
  {
    file: 'mock.md',
    title: 'convue/testing/mock',
    module: 'convue/testing/mock',
    entry: 'src/mock/index.ts',
    guides: { Mocks: 'mock.md' },
  },
  {
    file: 'vite.md',
    title: 'convue/vite',
    module: 'convue/vite',
    entry: 'src/vite/index.ts',
    guides: { 'Vite plugin': 'vite.md' },
  },
  {
    file: 'vitest.md',
    title: 'convue/vitest',
    module: 'convue/vitest',
    entry: 'src/vitest/index.ts',
    guides: { Testing: 'testing.md' },
  },
  {
    file: 'dev.md',
    title: 'convue/dev',
    module: 'convue/dev',
    entry: 'src/dev/index.ts',
    guides: { 'Development tools': 'dev.md' },
  },
]

/**
 * The tests run all `ts` blocks of the docs as examples. The examples of docstrings are only fragments, so their blocks
 * have another language.
 */
const LANGUAGE = 'typescript'

/**
 * The length of the longest type that a table shows. A longer type would leave no room for the
 * description.
 */
const LONGEST_TYPE = 90

type Member = ts.TypeElement | ts.ClassElement

type Kind = 'function' | 'component' | 'class' | 'value' | 'type'

/** One export of an entry point. */
interface Entry {
  name: string
  kind: Kind
  page: Page
  /** The heading, as Markdown. */
  heading: string
  anchor: string
  /** For an overloaded function, the implementation is the last declaration. */
  declarations: ts.Declaration[]
}

/** A docstring: its text, and its tags in the order of the source. */
interface Docs {
  text: string
  tags: Tag[]
}

/** A tag. `subject` is the name of a parameter (`@param`) or the type of an error (`@throws`). */
interface Tag { name: string, subject: string, text: string }

/** Tags that may follow text on the same line. */
const INLINE_TAGS = ['default', 'defaultValue', 'returns', 'throws', 'see', 'deprecated', 'example']

/** The pages of the API reference by their paths in the repository. */
export function generateApi(): Map<string, string> {
  const program = createProgram()
  const checker = program.getTypeChecker()
  const entries = PAGES.flatMap(page => readPage(page, program, checker))
  const writer = new Writer(checker, entries)
  const pages = PAGES.map(page => [`${FOLDER}/${page.file}`, writer.page(page)] as const)
  return new Map([[`${FOLDER}/README.md`, writer.index()], ...pages])
}

/**
 * Creates a program of the source files only. The pages show types as they are written in the source, so their packages
 * need not be read.
 */
function createProgram(): ts.Program {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), path => readFileSync(path, 'utf8'))
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: [], include: [] }, ts.sys, ROOT)
  const host = ts.createCompilerHost(options)
  host.resolveModuleNameLiterals = (literals, file, _, options) => literals.map(({ text }) => {
    const isOwn = /^\.|^convue\b/.test(text)
    return isOwn ? ts.resolveModuleName(text, file, options, host) : { resolvedModule: undefined }
  })
  const entries = [...new Set(PAGES.map(({ entry }) => join(ROOT, entry)))]
  return ts.createProgram(entries, { ...options, lib: ['lib.es2023.d.ts'], types: [] }, host)
}

function readPage(page: Page, program: ts.Program, checker: ts.TypeChecker): Entry[] {
  const module = checker.getSymbolAtLocation(program.getSourceFile(join(ROOT, page.entry))!)!
  const claimed = PAGES.filter(({ entry, sources }) => entry === page.entry && sources).map(({ sources }) => sources!)
  const entries: Entry[] = []
  for (const symbol of checker.getExportsOfModule(module)) {
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
    const declarations = target.declarations ?? []
    const path = declarations[0] ? pathOf(declarations[0]) : page.entry
    const isHere = page.sources ? page.sources.test(path) : !claimed.some(sources => sources.test(path))
    if (!isHere)
      continue
    const name = symbol.name === 'default' ? 'default' : symbol.name
    const kind = kindOf(declarations[0], path)
    entries.push({ name, kind, page, declarations, heading: headingOf(name, kind), anchor: '' })
  }
  const order: Kind[][] = [['function', 'value'], ['component'], ['class'], ['type']]
  const orderOf = ({ kind }: Entry): number => order.findIndex(kinds => kinds.includes(kind))
  entries.sort((a, b) => orderOf(a) - orderOf(b) || compare(a.name, b.name))
  const anchors = new Set<string>()
  for (const entry of entries) {
    // GitHub adds numbers to the anchors of equal headings.
    let anchor = entry.name.toLowerCase()
    for (let count = 1; anchors.has(anchor); count++)
      anchor = `${entry.name.toLowerCase()}-${count}`
    anchors.add(anchor)
    entry.anchor = anchor
  }
  return entries
}

/** Compares by character codes, so that the order does not depend on the locale. */
function compare(a: string, b: string): number {
  const [left, right] = [a.toLowerCase(), b.toLowerCase()]
  if (left === right)
    return a < b ? -1 : 1
  return left < right ? -1 : 1
}

function pathOf(node: ts.Node): string {
  return relative(ROOT, node.getSourceFile().fileName).replaceAll('\\', '/')
}

function kindOf(declaration: ts.Declaration | undefined, path: string): Kind {
  if (!declaration)
    return 'value'
  if (ts.isFunctionDeclaration(declaration))
    return 'function'
  if (ts.isClassDeclaration(declaration))
    return 'class'
  if (ts.isInterfaceDeclaration(declaration) || ts.isTypeAliasDeclaration(declaration))
    return 'type'
  return path.startsWith('src/components/') ? 'component' : 'value'
}

function headingOf(name: string, kind: Kind): string {
  return kind === 'component' ? `\`<${name}>\`` : `\`${name}\``
}

class Writer {
  readonly #checker: ts.TypeChecker
  readonly #entries: Entry[]
  #page!: Page

  constructor(checker: ts.TypeChecker, entries: Entry[]) {
    this.#checker = checker
    this.#entries = entries
  }

  index(): string {
    const modules = [...new Set(PAGES.map(({ module }) => module))]
    const lists = modules.map((module) => {
      const entries = this.#entries.filter(({ page }) => page.module === module).sort((a, b) => compare(a.name, b.name))
      const rows = entries.map(({ heading, anchor, page, declarations }) => {
        return [`[${heading}](${page.file}#${anchor})`, this.#summary(declarations)]
      })
      return [`## \`${module}\``, table(['export', 'description'], rows)].join('\n\n')
    })
    return [
      '# API reference',
      notice('[Documentation](../../README.md)'),
      'Every export of each entry point, generated from the docstrings of the source.',
      ...lists,
      '',
    ].join('\n\n').trimEnd().concat('\n')
  }

  page(page: Page): string {
    this.#page = page
    const entries = this.#entries.filter(entry => entry.page === page)
    const list = entries.map(({ heading, anchor }) => `[${heading}](#${anchor})`).join(' · ')
    const guides = Object.entries(page.guides).map(([title, file]) => `[${title}](../${file})`)
    const sections = entries.map(entry => this.#section(entry))
    return [
      `# API: ${page.title}`,
      notice(`[API reference](README.md) · explanations and examples: ${guides.join(', ')}`),
      `Exports of \`${page.module}\`. [Errors](../errors.md) explains the error codes.`,
      list,
      ...sections,
    ].join('\n\n').concat('\n')
  }

  #section(entry: Entry): string {
    const { declarations, heading } = entry
    const documented = declarations.map(readDocs)
    const docs = documented.find(({ text, tags }) => text || tags.length > 0) ?? { text: '', tags: [] }
    const parts = [`## ${heading}`, this.#prose(docs.text)]
    const signature = this.#signature(entry)
    const helpers = this.#helpers(declarations)
    if (signature)
      parts.push(fence([signature, ...helpers.length > 0 ? ['// Not exported:', helpers.join('\n')] : []].join('\n\n')))
    parts.push(this.#parameters(docs, declarations))
    for (const declaration of declarations)
      parts.push(this.#members(declaration, entry.name))
    parts.push(this.#inherited(declarations))
    parts.push(...this.#tags(docs))
    return parts.filter(Boolean).join('\n\n')
  }

  /**
   * The declaration without its body. Empty for a component and for an interface without a base: the docstring and the
   * table of members are sufficient.
   */
  #signature({ name, kind, declarations }: Entry): string {
    const [declaration] = declarations
    if (!declaration || kind === 'component')
      return ''
    if (kind === 'function') {
      const functions = declarations.filter(ts.isFunctionDeclaration)
      const overloads = functions.filter(({ body }) => !body)
      return (overloads.length > 0 ? overloads : functions).map(functionSignature).join('\n')
    }
    if (ts.isClassDeclaration(declaration) || ts.isInterfaceDeclaration(declaration)) {
      const heritage = declaration.heritageClauses?.map(clause => this.#heritage(clause)).join('') ?? ''
      const parameters = declaration.typeParameters?.map(parameter => parameter.getText()).join(', ')
      const needsSignature = ts.isClassDeclaration(declaration) || heritage !== '' || parameters
      if (!needsSignature)
        return ''
      return oneLine(`${ts.isClassDeclaration(declaration) ? 'class' : 'interface'} ${name}${parameters ? `<${parameters}>` : ''}${heritage}`)
    }
    if (ts.isTypeAliasDeclaration(declaration))
      return this.#aliasSignature(declaration)
    const type = ts.isVariableDeclaration(declaration) && declaration.type
      ? oneLine(declaration.type.getText())
      : this.#checker.typeToString(this.#checker.getTypeAtLocation(declaration))
    return name === 'default' ? `export default ${type}` : `const ${name}: ${type}`
  }

  /** Omits base types that are not exported, since the table contains their members. */
  #heritage({ token, types }: ts.HeritageClause): string {
    const shown = types.filter((type) => {
      const { name } = referenceOf(type)
      return !name || this.#find(name.text) || !this.#declarationOf(name)
    })
    const keyword = token === ts.SyntaxKind.ExtendsKeyword ? 'extends' : 'implements'
    return shown.length > 0 ? ` ${keyword} ${shown.map(type => type.getText()).join(', ')}` : ''
  }

  #aliasSignature(declaration: ts.TypeAliasDeclaration): string {
    const names = this.#derivedNames(declaration)
    return names
      ? `type ${declaration.name.text}\n  = ${names.map(name => `'${name}'`).join('\n  | ')}`
      : withoutExport(dedent(sourceOf(declaration)))
  }

  /**
   * The string literals of a type that is derived from another type, such as `keyof typeof catalogue`, since readers
   * need the names.
   */
  #derivedNames(declaration: ts.Declaration): string[] | undefined {
    if (!ts.isTypeAliasDeclaration(declaration) || ts.isUnionTypeNode(declaration.type))
      return undefined
    const type = this.#checker.getTypeAtLocation(declaration)
    if (!type.isUnion() || !type.types.every(member => member.isStringLiteral()))
      return undefined
    return type.types.map(member => (member as ts.StringLiteralType).value).sort()
  }

  /** The declarations of types that a signature uses and that are not exported. */
  #helpers(declarations: ts.Declaration[]): string[] {
    const found = new Map<string, string>()
    const visit = (node: ts.Node): void => {
      if (ts.isBlock(node) && ts.isFunctionDeclaration(node.parent))
        return
      if (ts.isTypeReferenceNode(node) && ts.isIdentifier(node.typeName))
        this.#addHelper(node.typeName, found, visit)
      ts.forEachChild(node, visit)
    }
    for (const declaration of declarations) {
      const isShownAsSource = ts.isFunctionDeclaration(declaration) || ts.isTypeAliasDeclaration(declaration)
      if (isShownAsSource && !this.#derivedNames(declaration))
        visit(declaration)
    }
    return [...found.values()]
  }

  #addHelper(name: ts.Identifier, found: Map<string, string>, visit: (node: ts.Node) => void): void {
    const declaration = this.#declarationOf(name)
    if (!declaration || found.has(name.text) || this.#find(name.text))
      return
    if (!ts.isTypeAliasDeclaration(declaration) && !ts.isInterfaceDeclaration(declaration))
      return
    found.set(name.text, withoutExport(dedent(sourceOf(declaration))))
    visit(declaration)
  }

  #parameters(docs: Docs, declarations: ts.Declaration[]): string {
    const described = docs.tags.filter(({ name, subject }) => name === 'param' && subject)
    const declaration = declarations.find(ts.isFunctionDeclaration)
    if (!declaration)
      return ''
    const names = declaration.parameters.map(nameOfParameter)
    const unknown = described.map(({ subject }) => subject).filter(name => !names.includes(name))
    const rows = [...names, ...unknown].flatMap((name) => {
      const text = described.find(({ subject }) => subject === name)?.text
      const parameter = declaration.parameters.find(parameter => nameOfParameter(parameter) === name)
      const cell = parameter?.type ? this.#typeCell(parameter.type.getText()) : ''
      // A parameter without a description is omitted, since the signature shows it. It is listed if its type has its
      // own section, to which the table links.
      if (!text && !cell.startsWith('['))
        return []
      const isShort = cell.length <= LONGEST_TYPE
      return [[`\`${parameter?.dotDotDotToken ? '...' : ''}${name}\``, isShort ? cell : 'see the signature', this.#cell(text ?? '')]]
    })
    return table(['parameter', 'type', 'description'], rows)
  }

  /**
   * A table of the members of an interface or a class, without the members that it inherits from
   * other exports.
   */
  #members(declaration: ts.Declaration, owner: string): string {
    const nodes = this.#membersOf(declaration)
    if (nodes.length === 0)
      return ''
    const isInput = /Options$|^ConvexAppConfig$|Item$/.test(owner)
    const hasDefaults = isInput || nodes.some(node => readDocs(node).tags.some(({ name }) => /^default(?:Value)?$/i.test(name)))
    const nameTitle = owner.endsWith('Options') ? 'option' : 'member'
    const titles = hasDefaults ? [nameTitle, 'type', 'default', 'description'] : [nameTitle, 'type', 'description']
    const rows = nodes.map((node) => {
      const docs = readDocs(node)
      const isOptional = 'questionToken' in node && Boolean(node.questionToken)
      const given = docs.tags.find(({ name }) => /^default(?:Value)?$/i.test(name))?.text
      const type = this.#typeCell(memberType(node))
      const description = this.#cell([docs.text, ...this.#memberTags(docs)].filter(Boolean).join('\n\n'))
      if (!hasDefaults)
        return [`\`${memberName(node)}\``, isOptional ? `${type}, optional` : type, description]
      const fallback = isOptional ? 'none' : 'required'
      return [`\`${memberName(node)}\``, type, given ? this.#cell(asCode(given)) : fallback, description]
    })
    return table(titles, rows)
  }

  #membersOf(declaration: ts.Declaration): Member[] {
    if (ts.isClassDeclaration(declaration)) {
      const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected | ts.ModifierFlags.Static | ts.ModifierFlags.Override
      return declaration.members.filter(member => member.name && !ts.isPrivateIdentifier(member.name) && !(ts.getCombinedModifierFlags(member) & hidden))
    }
    if (ts.isInterfaceDeclaration(declaration)) {
      const bases = declaration.heritageClauses?.flatMap(({ types }) => [...types]) ?? []
      return [...bases.flatMap(base => this.#membersOfType(base)), ...declaration.members]
    }
    return ts.isTypeAliasDeclaration(declaration) ? this.#membersOfType(declaration.type) : []
  }

  /**
   * The members that a type itself declares, also through literals, intersections, `Pick` and types that are not
   * exported.
   */
  #membersOfType(type: ts.Node): Member[] {
    if (ts.isTypeLiteralNode(type))
      return [...type.members]
    if (ts.isIntersectionTypeNode(type))
      return type.types.flatMap(part => this.#membersOfType(part))
    if (ts.isParenthesizedTypeNode(type))
      return this.#membersOfType(type.type)
    const { name, args } = referenceOf(type)
    if (name?.text === 'Pick' && args?.length === 2) {
      const keys = literalsOf(args[1]!)
      const base = referenceOf(args[0]!).name
      const declaration = base && this.#declarationOf(base)
      return declaration ? this.#membersOf(declaration).filter(member => keys.includes(member.name?.getText() ?? '')) : []
    }
    const declaration = name && !this.#find(name.text) ? this.#declarationOf(name) : undefined
    return declaration ? this.#membersOf(declaration) : []
  }

  /** Links to the exports from which a type takes its other members. */
  #inherited(declarations: ts.Declaration[]): string {
    const links = declarations.flatMap((declaration) => {
      if (ts.isInterfaceDeclaration(declaration))
        return declaration.heritageClauses?.flatMap(({ types }) => types.flatMap(type => this.#baseLinks(type))) ?? []
      return ts.isTypeAliasDeclaration(declaration) ? this.#baseLinks(declaration.type) : []
    })
    return links.length > 0 ? links.join('\n\n') : ''
  }

  #baseLinks(type: ts.Node): string[] {
    if (ts.isIntersectionTypeNode(type))
      return type.types.flatMap(part => this.#baseLinks(part))
    const { name, args } = referenceOf(type)
    if (!name)
      return []
    if (name.text === 'Omit' && args?.length === 2) {
      const base = referenceOf(args[0]!).name?.text ?? ''
      const keys = literalsOf(args[1]!).map(key => `\`${key}\``).join(', ')
      return this.#find(base) ? [`Has all members of ${this.#linkTo(base)} except ${keys}.`] : []
    }
    const base = this.#find(name.text)?.declarations[0]
    // A type alias needs no link if the type that it names has no table of members.
    const hasMembers = base && (!ts.isTypeAliasDeclaration(type.parent) || this.#membersOf(base).length > 0)
    return hasMembers ? [`Has all members of ${this.#linkTo(name.text)}.`] : []
  }

  #declarationOf(name: ts.Identifier): ts.Declaration | undefined {
    const symbol = this.#checker.getSymbolAtLocation(name)
    const target = symbol && symbol.flags & ts.SymbolFlags.Alias ? this.#checker.getAliasedSymbol(symbol) : symbol
    const declaration = target?.declarations?.[0]
    return declaration && pathOf(declaration).startsWith('src/') ? declaration : undefined
  }

  #memberTags({ tags }: Docs): string[] {
    return tags.flatMap(({ name, subject, text }) => {
      if (/^default(?:Value)?$/i.test(name))
        return []
      if (name === 'param')
        return [`\`${subject}\`: ${text}`]
      if (name === 'returns' || name === 'return')
        return [`Returns ${text}`]
      if (name === 'throws')
        return [throwsSentence(subject, text)]
      if (name === 'example')
        return [`Example: \`${oneLine(text)}\``]
      if (name === 'see')
        return [`See ${text}`]
      return [`${capitalized(name)}: ${text}`]
    })
  }

  /** The text after the tables. Unknown tags are shown, too. */
  #tags({ tags }: Docs): string[] {
    const lines: string[] = []
    for (const { name, text } of tags) {
      if (name === 'returns' || name === 'return')
        lines.push(this.#prose(`**Returns** ${text}`))
    }
    const thrown = tags.filter(({ name }) => name === 'throws')
    for (const { subject, text } of thrown)
      lines.push(this.#prose(throwsSentence(subject, text).replace(/^Throws/, '**Throws**')))
    for (const { name, subject, text } of tags) {
      if (name === 'see')
        lines.push(this.#prose(`**See** ${[subject, text].filter(Boolean).join(' ')}`))
      else if (/^default(?:Value)?$/i.test(name))
        lines.push(this.#prose(`**Default** ${asCode(text)}`))
      else if (!['param', 'returns', 'return', 'throws', 'example'].includes(name))
        lines.push(this.#prose(`**${capitalized(name)}** ${[subject, text].filter(Boolean).join(' ')}`))
    }
    for (const { name, text } of tags) {
      if (name === 'example' && text)
        lines.push(`**Example**\n\n${example(text)}`)
    }
    return lines
  }

  /** The first sentence of a docstring. */
  #summary(declarations: ts.Declaration[]): string {
    const text = declarations.map(declaration => readDocs(declaration).text).find(Boolean) ?? ''
    const [paragraph = ''] = text.split(/\n\s*\n/)
    // A full stop inside code does not end a sentence.
    const sentence = /^(?:`[^`]*`|[^`])*?[.:](?=\s|$)/.exec(paragraph)?.[0] ?? paragraph
    return escapeCell(oneLine(resolveLinks(sentence, name => this.#linkTo(name, true)))).replace(/:$/, '.')
  }

  #prose(text: string): string {
    return resolveLinks(text, name => this.#linkTo(name))
  }

  /** The text of a table cell, on one line. */
  #cell(text: string): string {
    const paragraphs = this.#prose(text).split(/\n\s*\n/).map(paragraph => paragraph.replace(/\n\s*-\s+/g, '<br>- '))
    return paragraphs.map(paragraph => escapeCell(oneLine(paragraph))).join(' ')
  }

  #typeCell(text: string): string {
    // Line ends separate the members of a type literal. On one line, semicolons separate them.
    const divided = withoutComments(text).replace(/([^,;({[|&<\s])\n\s*(?=[\w('"[])/g, '$1; ')
    const type = escapeCell(oneLine(divided))
    const [, name = ''] = /^(?:readonly )?(\w+)(?:<.*>)?(?:\[\])?$/.exec(type) ?? []
    const link = this.#linkTo(name)
    return link.startsWith('[') ? link.replace(/^\[`.*?`\]/, `[\`${type}\`]`) : `\`${type}\``
  }

  /**
   * Finds an export by its name: first on the current page, then in the same module, then in all
   * modules.
   */
  #find(name: string): Entry | undefined {
    const found = this.#entries.filter(entry => entry.name === name)
    return found.find(({ page }) => page === this.#page)
      ?? found.find(({ page }) => page.module === this.#page?.module)
      ?? found[0]
  }

  #linkTo(name: string, isIndex = false): string {
    const entry = this.#find(name)
    if (!entry)
      return name ? `\`${name}\`` : ''
    const file = entry.page === this.#page && !isIndex ? '' : entry.page.file
    return `[${entry.heading}](${file}#${entry.anchor})`
  }
}

function notice(links: string): string {
  return `<!-- Generated by \`npm run docs:api\`. Edit the docstrings in src instead. -->\n\n${links}`
}

function readDocs(node: ts.Node): Docs {
  const host = ts.isVariableDeclaration(node) ? node.parent.parent : node
  const comments = (host as { jsDoc?: ts.JSDoc[] }).jsDoc ?? []
  const comment = comments.at(-1)
  if (!comment)
    return { text: '', tags: [] }
  const docs: Docs = { text: commentText(comment.comment), tags: [] }
  for (const tag of comment.tags ?? [])
    addTag(docs, tag)
  return docs
}

function addTag(docs: Docs, tag: ts.JSDocTag): void {
  const read = readTag(tag)
  const source = tag.getSourceFile().text
  const isAtLineStart = /^[\s*/]*$/.test(source.slice(source.lastIndexOf('\n', tag.pos) + 1, tag.pos))
  if (isAtLineStart || INLINE_TAGS.includes(read.name)) {
    docs.tags.push(read)
    return
  }
  // TypeScript parses an `@` inside the text, such as `@click`, as a tag. An example already
  // contains it, since examples are read from the source.
  const last = docs.tags.at(-1)
  if (last?.name !== 'example')
    (last ?? docs).text += ` @${read.name}${read.text}`
}

function readTag(tag: ts.JSDocTag): Tag {
  const text = commentText(tag.comment)
  if (ts.isJSDocParameterTag(tag))
    return { name: 'param', subject: tag.name.getText(), text: text.replace(/^-\s+/, '') }
  if (ts.isJSDocThrowsTag(tag))
    return { name: 'throws', subject: tag.typeExpression?.type.getText() ?? '', text }
  if (ts.isJSDocSeeTag(tag))
    return { name: 'see', subject: tag.name?.getText() ?? '', text }
  if (tag.tagName.text === 'example')
    return { name: 'example', subject: '', text: exampleText(tag) }
  return { name: tag.tagName.text, subject: '', text }
}

function commentText(comment: ts.JSDoc['comment']): string {
  if (comment === undefined || typeof comment === 'string')
    return (comment ?? '').trim()
  return comment.map((part) => {
    if (!ts.isJSDocLink(part) && !ts.isJSDocLinkCode(part) && !ts.isJSDocLinkPlain(part))
      return part.text
    const name = part.name?.getText() ?? ''
    return `{@link ${name}${part.text}}`
  }).join('').trim()
}

/**
 * The text of an example, from the source file: TypeScript's parsed text has no indentation, and ends at an `@` inside
 * the code.
 */
function exampleText(tag: ts.JSDocTag): string {
  const source = tag.getSourceFile().text
  const comment = tag.parent as ts.JSDoc
  const next = comment.tags?.find(other => other.pos > tag.pos && /^[\s*]*$/.test(source.slice(source.lastIndexOf('\n', other.pos) + 1, other.pos)))
  const text = source.slice(tag.tagName.end, next?.pos ?? comment.end).replace(/\*\/\s*$/, '')
  const lines = text.split('\n').map(line => line.replace(/^\s*\* ?/, '').trimEnd())
  return lines.join('\n').replace(/^\s*\n/, '').trim()
}

function resolveLinks(text: string, link: (name: string) => string): string {
  return text.replace(/\{@link(?:code|plain)? ([^}]*)\}/g, (_, content: string) => {
    const [target = '', ...words] = content.trim().split(/[\s|]+/)
    const label = words.join(' ')
    if (/^https?:/.test(target))
      return label ? `[${label}](${target})` : `<${target}>`
    return link(target)
  })
}

function throwsSentence(subject: string, text: string): string {
  // Docstrings write `ConvueError` with and without braces.
  const [, name = subject] = /^(\w*Error)\b/.exec(text) ?? []
  const rest = text.startsWith(name) ? text.slice(name.length).trim() : text
  if (!name)
    return `Throws ${rest}`.trim().replace(/([^.])$/, '$1.')
  const separator = /^(?:if|when|unless|for|on|\W?$)\b/.test(rest) ? ' ' : ': '
  return `Throws {@link ${name}}${rest ? separator : ''}${rest}`.trim().replace(/([^.])$/, '$1.')
}

/** A destructured parameter has no name, so it is called `options`. */
function nameOfParameter({ name }: ts.ParameterDeclaration): string {
  return ts.isIdentifier(name) ? name.text : 'options'
}

/** The name and the type arguments of `Name<…>`, in a type or after `extends`. */
function referenceOf(type: ts.Node): { name?: ts.Identifier, args?: readonly ts.TypeNode[] } {
  if (ts.isTypeReferenceNode(type) && ts.isIdentifier(type.typeName))
    return { name: type.typeName, args: type.typeArguments ?? [] }
  if (ts.isExpressionWithTypeArguments(type) && ts.isIdentifier(type.expression))
    return { name: type.expression, args: type.typeArguments ?? [] }
  return {}
}

/** The strings in a type such as `'a' | 'b'`. */
function literalsOf(type: ts.TypeNode): string[] {
  if (ts.isUnionTypeNode(type))
    return type.types.flatMap(literalsOf)
  return ts.isLiteralTypeNode(type) && ts.isStringLiteral(type.literal) ? [type.literal.text] : []
}

function memberName(node: Member): string {
  if (node.name)
    return node.name.getText()
  return ts.isIndexSignatureDeclaration(node) ? `[${node.parameters.map(parameter => parameter.getText()).join(', ')}]` : '()'
}

function memberType(node: Member): string {
  if (ts.isMethodSignature(node) || ts.isMethodDeclaration(node) || ts.isCallSignatureDeclaration(node)) {
    const parameters = node.parameters.map(parameter => parameter.getText()).join(', ')
    const generics = node.typeParameters ? `<${node.typeParameters.map(parameter => parameter.getText()).join(', ')}>` : ''
    return `${generics}(${parameters}) => ${node.type?.getText() ?? 'void'}`
  }
  if ((ts.isPropertySignature(node) || ts.isPropertyDeclaration(node) || ts.isIndexSignatureDeclaration(node) || ts.isGetAccessor(node)) && node.type)
    return node.type.getText()
  return 'unknown'
}

function functionSignature(declaration: ts.FunctionDeclaration): string {
  const source = declaration.getSourceFile().text
  return withoutExport(dedent(source.slice(declaration.getStart(), declaration.body?.getStart() ?? declaration.end).trimEnd()))
}

/** The source of a declaration, without its own docstring. */
function sourceOf(declaration: ts.Declaration): string {
  return declaration.getSourceFile().text.slice(declaration.getStart(), declaration.end)
}

function withoutExport(text: string): string {
  return text.replace(/^export (?:default )?(?:declare )?(?:async )?/, '')
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/.*$/gm, '')
}

function dedent(text: string): string {
  const [first = '', ...rest] = text.split('\n')
  const indents = rest.filter(line => line.trim()).map(line => /^ */.exec(line)![0].length)
  const indent = Math.min(...indents, 2) === 2 ? 0 : Math.min(...indents)
  return [first, ...rest.map(line => line.slice(indent))].join('\n')
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}

function escapeCell(text: string): string {
  return text.replace(/(?<!\\)\|/g, '\\|')
}

/**
 * Formats a default value as code if it is a value, such as `'./convex'` or `5000`, and not a
 * description in words.
 */
function asCode(text: string): string {
  return /^(?:-?[\d_.]+|true|false|null|undefined|'[^']*'|"[^"]*"|\{\}|\[\]|\w+\(\))$/.test(text) ? `\`${text}\`` : text
}

function capitalized(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}

function example(text: string): string {
  if (text.startsWith('```'))
    return text.replace(/^```(?:ts|vue)\b/gm, `\`\`\`${LANGUAGE}`)
  const lines = text.split('\n')
  // A Vue template, which an example in a docstring contains as a comment.
  if (lines.every(line => line.startsWith('// ')) && text.startsWith('// <'))
    return fence(lines.map(line => line.slice(3)).join('\n'), 'html')
  return fence(text)
}

function fence(code: string, language = LANGUAGE): string {
  return `\`\`\`${language}\n${code}\n\`\`\``
}

function table(titles: string[], rows: string[][]): string {
  if (rows.length === 0)
    return ''
  const lines = [titles, titles.map(() => '---'), ...rows].map(row => `| ${row.join(' | ')} |`.replaceAll('|  |', '| |'))
  return lines.join('\n')
}

if (import.meta.filename === process.argv[1]) {
  const pages = generateApi()
  mkdirSync(join(ROOT, FOLDER), { recursive: true })
  for (const path of globSync(`${FOLDER}/*.md`, { cwd: ROOT })) {
    if (!pages.has(path.replaceAll('\\', '/')))
      rmSync(join(ROOT, path))
  }
  for (const [path, text] of pages)
    writeFileSync(join(ROOT, path), text)
}
