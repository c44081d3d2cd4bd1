import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** What a room may import of the other rooms, and of packages that are no peer of everybody. Files beside the rooms belong to `src`. */
const allowed: Record<string, { rooms: string[], packages: RegExp | null }> = {
  src: { rooms: ['src', 'token', 'plugin', 'composables', 'components'], packages: /^convex\/(?:server|values)$/ },
  token: { rooms: ['token', 'src'], packages: null },
  plugin: { rooms: ['plugin', 'token', 'src'], packages: /^(?:vue|convex\/(?:browser|server|values))$/ },
  composables: { rooms: ['composables', 'plugin', 'token', 'src'], packages: /^(?:vue|convex\/(?:browser|server|values))$/ },
  components: { rooms: ['components', 'composables', 'plugin', 'src'], packages: /^vue$/ },
  server: { rooms: ['server', 'src'], packages: /^convex\/(?:server|values)$/ },
  nuxt: { rooms: ['nuxt', 'server', 'components', 'composables', 'plugin', 'token', 'src'], packages: /^(?:vue|vue-router|#.*|nuxt\/.*|nitropack\/runtime|h3|node:.*|convex\/.*|convue(?:\/.*)?|better-auth\/vue|@convex-dev\/better-auth\/client\/plugins)$/ },
  testing: { rooms: ['testing', 'src'], packages: /^(?:node:.*|convue|convex(?:-test)?(?:\/.*)?|@convex-dev\/better-auth(?:\/.*)?|better-auth(?:\/.*)?|esbuild|jose|ws)$/ },
}

interface Import { file: string, room: string, target: string, isRelative: boolean }

/** Every import, re-export and dynamic import of a file. Types count: a room knows what it mentions. */
function importsOf(file: string): Import[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true)
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    const specifier = ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
      ? node.moduleSpecifier
      : ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
        ? node.arguments[0]
        : ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined
    if (specifier && ts.isStringLiteral(specifier))
      found.push(specifier.text)
    ts.forEachChild(node, visit)
  }
  visit(source)
  const path = relative(root, file)
  return found.map(target => ({
    file: path,
    room: roomOf(path),
    target: target.startsWith('.') ? relative(root, join(dirname(file), target)) : target,
    isRelative: target.startsWith('.'),
  }))
}

function roomOf(path: string): string {
  const [, room, ...rest] = path.split('/')
  return rest.length > 0 ? room! : 'src'
}

const files = globSync('src/**/*.ts', { cwd: root }).map(file => join(root, file))
const imports = files.flatMap(importsOf)

describe('the rooms', () => {
  it('are all known, and what they import is found', () => {
    expect([...new Set(files.map(file => roomOf(relative(root, file))))].filter(room => !(room in allowed))).toEqual([])
    expect(imports).toContainEqual({ file: 'src/plugin/create-convex.ts', room: 'plugin', target: 'vue', isRelative: false })
    expect(imports).toContainEqual({ file: 'src/plugin/create-convex.ts', room: 'plugin', target: 'src/token/token-engine.ts', isRelative: true })
  })

  it('import one way only', () => {
    const wrong = imports.filter(({ room, target, isRelative }) => isRelative && !allowed[room]?.rooms.includes(roomOf(target)))
    expect(wrong).toEqual([])
  })

  it('import no package that they may not know', () => {
    const wrong = imports.filter(({ room, target, isRelative }) => !isRelative && !allowed[room]?.packages?.test(target))
    expect(wrong).toEqual([])
  })

  it('have no circle of files that import one another', () => {
    const reaches = (from: string, wanted: string, seen = new Set<string>()): boolean => imports.some(({ file, target }) =>
      file === from && (target === wanted || (!seen.has(target) && reaches(target, wanted, seen.add(target)))))
    expect([...new Set(imports.map(({ file }) => file))].filter(file => reaches(file, file))).toEqual([])
  })

  it('import nothing from outside of src', () => {
    expect(imports.filter(({ target, isRelative }) => isRelative && !target.startsWith('src/'))).toEqual([])
    expect(imports.filter(({ target }) => /playground|(?:^|\/)test\//.test(target))).toEqual([])
  })
})

describe('token', () => {
  it('knows neither Vue, nor Convex, nor the plugin, nor a page', () => {
    expect(imports.filter(({ room, isRelative }) => room === 'token' && !isRelative)).toEqual([])
    const code = files
      .filter(file => roomOf(relative(root, file)) === 'token')
      .map(file => ts.transpile(readFileSync(file, 'utf8'), { target: ts.ScriptTarget.ESNext, removeComments: true }))
      .join('\n')
    expect(code).not.toMatch(/\b(?:window|document|localStorage|BroadcastChannel|(?<!signal\.)addEventListener\()/)
  })
})

describe('testing', () => {
  it('stands alone, apart from the errors that all share', () => {
    const shared = imports.filter(({ room, target, isRelative }) => room === 'testing' && isRelative && roomOf(target) !== 'testing')
    expect([...new Set(shared.map(({ target }) => target))]).toEqual(['src/errors.ts'])
  })

  it('loads the plugin by its name, and only when a test signs a user up', () => {
    const importing = imports.filter(({ room, target }) => room === 'testing' && target === 'convue')
    expect([...new Set(importing.map(({ file }) => file))]).toEqual(['src/testing/sign-up.ts'])
    const code = readFileSync(join(root, 'src/testing/sign-up.ts'), 'utf8')
    expect(ts.transpile(code, { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext })).not.toMatch(/from 'convue'/)
  })

  it('is imported by no other room', () => {
    expect(imports.filter(({ room, target }) => room !== 'testing' && roomOf(target) === 'testing')).toEqual([])
  })
})

describe('server', () => {
  it('knows no Vue', () => {
    expect(imports.filter(({ room, target }) => room === 'server' && /vue/.test(target))).toEqual([])
  })

  it('imports of the rest of src only what needs no browser and brings no rooms along', () => {
    const shared = imports.filter(({ room, target, isRelative }) => room === 'server' && isRelative && roomOf(target) !== 'server')
    expect([...new Set(shared.map(({ target }) => target))].sort()).toEqual(['src/auth-answers.ts', 'src/errors.ts', 'src/jwt.ts', 'src/preloaded.ts', 'src/rest-args.ts'])
  })

  it('uses no global of Node', () => {
    const code = files
      .filter(file => roomOf(relative(root, file)) === 'server')
      .map(file => ts.transpile(readFileSync(file, 'utf8'), { target: ts.ScriptTarget.ESNext, removeComments: true }))
      .join('\n')
    expect(code).not.toMatch(/\b(?:process|Buffer|require|__dirname|setImmediate)\b/)
  })
})

describe('the errors that all share', () => {
  it('import nothing', () => {
    expect(imports.filter(({ file }) => file === 'src/errors.ts')).toEqual([])
  })
})
